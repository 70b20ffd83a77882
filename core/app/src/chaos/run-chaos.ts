import { setTimeout as pause } from 'node:timers/promises';
import { type Counts, type Verdict, judge } from './judge.ts';
import { startLoad } from './load.ts';
import { type Cell, type Fault, momentOf, nameOf } from './points.ts';
import { randomOf, shuffled } from './random.ts';
import { clustersAlive, recordStream, type StreamRecord } from './record.ts';
import { type ChaosNode, type Fired, type MemorySample, type System, startSystem } from './system.ts';

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
  say(line: string): void;
}

export interface ChaosReport {
  seed: number;
  tookMs: number;
  fired: Fired[];
  /** Wanted, and did not fire. */
  missing: Cell[];
  verdict: Verdict;
  counts: Counts;
  memory: MemorySample[];
}

const drainMs = 90_000;
const sampleMs = 30_000;
/** A node that does not come to the point within it gives the order back. */
const orderMs = 8_000;

/** Kills nodes, Redis and workspace at the points asked for, under load; then lets everything end, and judges. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const random = randomOf(options.seed);
  const begun = Date.now();
  options.say(`seed ${options.seed}`);
  const system = await startSystem({ seed: options.seed, nodes: options.nodes ?? 3 });
  const stream = recordStream(system);
  try {
    const load = startLoad(system, {
      clients: options.clients ?? 12,
      random,
      hasEnded: (id) => stream.ended.has(id),
    });
    const missing = await strike(system, { ...options, random, begun, ended: () => stream.ended.size });
    options.say(`${system.fired().length} kills; no new requests, everything ends`);
    await load.stop();
    await drain(system, stream, () => load.asked.flatMap(({ ids }) => [...ids]));
    for (const node of system.nodes) node.send('sample');
    await pause(500);
    await stream.stop();
    const { verdict, counts } = await judge(system, { asked: load.asked, events: stream.events });
    const { seed } = options;
    const fired = system.fired();
    return { seed, tookMs: Date.now() - begun, fired, missing, verdict, counts, memory: system.samples() };
  } finally {
    await stream.stop();
    await system.close();
  }
}

type Strike = ChaosOptions & { random: () => number; begun: number; ended(): number };

/** Each node has one order at a time; orders against what all share, one at a time in all. */
async function strike(system: System, options: Strike): Promise<Cell[]> {
  const { random, begun, ended } = options;
  const open = shuffled(options.cells, random);
  const given = new Map<ChaosNode, { cell: Cell; seen: number; until: number }>();
  const soak = begun + options.minutes * 60_000;
  let [toldAt, sampledAt] = [begun, begun];
  for (;;) {
    const fired = system.fired();
    for (const [node, { cell, seen, until }] of given) {
      const isDone = fired.slice(seen).some((one) => one.node === node.name && nameOf(one) === nameOf(cell));
      if (!isDone && Date.now() < until) continue;
      given.delete(node);
      if (isDone) continue;
      node.send('forget');
      open.push(cell);
    }
    if (options.minutes > 0 && Date.now() < soak && open.length === 0) open.push(...shuffled(options.cells, random));
    const isOver = options.minutes > 0 && Date.now() > soak;
    if ((open.length === 0 || isOver) && given.size === 0) return missingOf(options.cells, fired);
    if (Date.now() - begun > Math.max(options.mostMs, options.minutes * 60_000 + 30_000))
      return missingOf(options.cells, fired);
    if (!isOver)
      for (const node of system.nodes)
        if (!given.has(node) && node.pid() !== 0) give(system, { node, given, open, random });
    if (Date.now() - toldAt > 10_000) {
      toldAt = Date.now();
      options.say(
        `${Math.round((toldAt - begun) / 1_000)} s: ${fired.length} kills, ${open.length + given.size} wanted, ${ended()} requests ended`,
      );
    }
    if (options.minutes > 0 && Date.now() - sampledAt > sampleMs) {
      sampledAt = Date.now();
      for (const node of system.nodes) node.send('sample');
    }
    await pause(25);
  }
}

function give(
  system: System,
  {
    node,
    given,
    open,
    random,
  }: {
    node: ChaosNode;
    given: Map<ChaosNode, { cell: Cell; seen: number; until: number }>;
    open: Cell[];
    random: () => number;
  },
): void {
  const isShared = ({ fault }: Cell): boolean => fault === 'redis' || fault === 'workspace';
  const sharedIsBusy =
    [...given.values()].some(({ cell }) => isShared(cell)) || system.redis.pid() === 0 || system.workspace.pid() === 0;
  const index = open.findIndex((cell) => !(isShared(cell) && sharedIsBusy));
  const [cell] = index < 0 ? [] : open.splice(index, 1);
  if (cell === undefined) return;
  const pids: Record<Fault, number> = {
    ...{ 'node before': node.pid(), 'node after': node.pid() },
    ...{ redis: system.redis.pid(), workspace: system.workspace.pid() },
  };
  given.set(node, { cell, seen: system.fired().length, until: Date.now() + orderMs });
  const skip = Math.floor(random() * 2);
  node.send(JSON.stringify({ ...cell, moment: momentOf(cell), skip, pid: pids[cell.fault] }));
}

function missingOf(wanted: readonly Cell[], fired: readonly Fired[]): Cell[] {
  const done = new Set(fired.map(nameOf));
  return wanted.filter((cell) => !done.has(nameOf(cell)));
}

/** Until nothing is under way any more; what is then still open, the judge names. */
async function drain(system: System, stream: StreamRecord, ids: () => string[]): Promise<void> {
  for (const until = Date.now() + drainMs; Date.now() < until; await pause(200)) {
    const isQuiet = await looksQuiet(system, stream, ids()).catch(() => false);
    if (isQuiet) return;
  }
}

async function looksQuiet(system: System, stream: StreamRecord, ids: string[]): Promise<boolean> {
  if (!ids.every((id) => stream.ended.has(id) && system.told.has(id))) return false;
  const gates = await system.queue.gate.list();
  if (gates.some(({ inUse, waiting }) => inUse > 0 || waiting > 0)) return false;
  if ((await clustersAlive(system)).length > 0) return false;
  const last = await system.queue.events.last();
  return (await system.ledger.history.cursor()) === last && stream.events.at(-1)?.id === last;
}
