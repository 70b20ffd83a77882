import { setTimeout as pause } from 'node:timers/promises';
import { drain } from './drain.ts';
import { type Interrupts, watchInterrupts } from './interrupts.ts';
import { type Counts, type Verdict, judge, noCounts, nothingFound } from './judge.ts';
import { startLoad } from './load.ts';
import { type Phases, createPhases } from './phases.ts';
import type { Cell } from './points.ts';
import { randomOf } from './random.ts';
import { recordStream } from './record.ts';
import { strike } from './strike.ts';
import { type Fired, type MemorySample, type System, isBeyondHelp, startSystem } from './system.ts';
import { tighten } from './tighten.ts';

export interface ChaosOptions {
  seed: number;
  /** Which faults, each once; when all have fired the seed chooses again, until the time is over. */
  cells: readonly Cell[];
  /** At least so long; 0 = until each has fired once. */
  minutes: number;
  /** Faults that have not fired by then are given up, ms. */
  mostMs: number;
  nodes?: number;
  clients?: number;
  /** By node: how far its clock is ahead of the machine's, ms. */
  clockOffMs?: readonly number[];
  say(line: string): void;
}

export interface ChaosReport {
  seed: number;
  /** As asked for. */
  minutes: number;
  tookMs: number;
  fired: Fired[];
  /** Wanted, and did not fire. */
  missing: Cell[];
  verdict: Verdict;
  counts: Counts;
  memory: MemorySample[];
}

/** How long each phase may take, ms; striking has its own time, and this beyond it. */
const most = {
  start: 180_000,
  strike: 60_000,
  tighten: 90_000,
  stop: 60_000,
  drain: 300_000,
  judge: 180_000,
  end: 60_000,
};

/**
 * Kills nodes, Redis and workspace at the points asked for, under load; then lets everything end, and judges. It always comes to a verdict: a phase that
 * does not end, a signal and an error that nobody caught stand in it as `unfinished`.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const begun = Date.now();
  options.say(`seed ${options.seed}`);
  const interrupts = watchInterrupts();
  let figures = (): string => 'nodes, Redis and workspace start';
  const phases = createPhases(options.say, () => figures());
  const report: ChaosReport = {
    ...{ seed: options.seed, minutes: options.minutes, tookMs: 0, fired: [], missing: [...options.cells], memory: [] },
    ...{ verdict: nothingFound(), counts: noCounts() },
  };
  try {
    const system = await phases.run('start', most.start + 10_000, {
      do: () => {
        const { seed, nodes = 3, clockOffMs = [] } = options;
        return startSystem({ seed, nodes, clockOffMs, mostMs: most.start });
      },
      otherwise: undefined,
    });
    if (system !== undefined) {
      const lives = { options, phases, interrupts, tell: (how: () => string) => (figures = how) };
      Object.assign(report, await underLoad(system, lives));
      await phases.run('end', most.end, { do: () => system.close(), otherwise: undefined });
    }
  } finally {
    phases.close();
    interrupts.close();
  }
  const reason = interrupts.reason();
  report.verdict.unfinished = [...phases.unfinished, ...(reason === undefined ? [] : [reason])];
  return { ...report, tookMs: Date.now() - begun };
}

interface Lives {
  options: ChaosOptions;
  phases: Phases;
  interrupts: Interrupts;
  tell(figures: () => string): void;
}

async function underLoad(system: System, { options, phases, interrupts, tell }: Lives): Promise<Partial<ChaosReport>> {
  const random = randomOf(options.seed);
  const stream = recordStream(system);
  const { clients = 12, cells, minutes, mostMs, say } = options;
  const load = startLoad(system, { clients, random, hasEnded: (id) => stream.ended.has(id) });
  const acknowledged = (): string[] => load.asked.flatMap(({ ids }) => [...ids]);
  tell(
    () =>
      `${system.fired().length} kills, ${acknowledged().length} requests acknowledged, ${stream.ended.size} ended, ${system.told.size} told`,
  );
  const missing = await phases.run('strike', Math.max(mostMs, minutes * 60_000) + most.strike, {
    do: () => strike(system, { cells, minutes, mostMs, random, sparesOne: minutes > 0, signal: interrupts.signal }),
    otherwise: [...cells],
  });
  if (isBeyondHelp(system)) phases.unfinished.push('strike: processes end by themselves again and again');
  await phases.run('tighten', most.tighten, { do: () => tighten(system, stream), otherwise: undefined });
  say(`${system.fired().length} kills; no new requests, everything ends`);
  await phases.run('stop the load', most.stop, { do: () => load.stop(), otherwise: undefined });
  await phases.run('drain', most.drain, { do: () => drain(system, stream, acknowledged), otherwise: undefined });
  const judged = await phases.run('judge', most.judge, {
    do: async () => {
      system.sample();
      await pause(500);
      await stream.stop();
      return judge(system, { asked: load.asked, events: stream.events });
    },
    otherwise: { verdict: nothingFound(), counts: noCounts() },
  });
  await phases.run('end', most.end, { do: () => stream.stop(), otherwise: undefined });
  return { fired: system.fired(), missing, ...judged, memory: system.samples() };
}
