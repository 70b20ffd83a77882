import { setTimeout as pause } from 'node:timers/promises';
import { measureRawFlow, redisCostOf } from '@slowlane/queue/bench';
import type { Installation } from '../processes/installation.ts';
import { type Figure, median } from './figures.ts';
import { openLaneRig, type LaneRig, startLane } from './lane-rig.ts';
import { direct } from './submit.ts';

/** Enough that the first look at a run, a quarter of a second after its start, is not what is measured. */
const REQUESTS = 4_000;
const ROUNDS = 5;
const WARM_UP = 6_000;
/** Accepted, or added, at a time. */
const AT_ONCE = 20;
/** Queue jobs of one stage at once: as many as the catalogue of queue jobs gives to `submit`. */
const PLACES = 48;

/**
 * Requests per second through the whole lane, from accept to told, on a workspace that answers at once, beside as many flows of plain BullMQ.
 *
 * Both sides: this process, the same Redis with every write on disk before its answer, the same client and workspace, the same five calls per
 * request (document, run-now, runs/get, runs/get-output, list of results), the same number added at a time, the same places per stage, ended queue
 * jobs kept alike. In turn, five rounds after a warm-up, medians; processor time is that of this process, so with the workspace and without Redis.
 *
 * Raw: one flow of three queue jobs, the middle one makes the five calls one after the other, the other two do nothing. It remembers nothing: no
 * state, event, idempotency, gate, lease, cancel or result.
 *
 * Ours: what a request costs in production. Five stages (prepare, split, submit, join, notify) in three triggers of the outbox, carried in queue jobs
 * of up to 16 where they come together (docs/adr/0044-batches.md), ten steps of state each with its event, the gate, the intent before the call, the watcher's look at the run 250 ms after its start.
 */
export async function benchLane(installation: Installation, say: (line: string) => void): Promise<Figure[]> {
  const rig = await openLaneRig(installation);
  try {
    await rig.queue.gate.declare({ 'op:bench': REQUESTS });
    const ours: Taken[] = [];
    const raw: Taken[] = [];
    // A service that runs for weeks has long compiled what it runs.
    await wholeLane(rig, WARM_UP);
    await rawLane(rig, WARM_UP);
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await wholeLane(rig, REQUESTS));
      raw.push(await rawLane(rig, REQUESTS));
      say(
        `round ${round + 1}: ${ours.at(-1)?.perSecond.toFixed(0)} requests/s, raw ${raw.at(-1)?.perSecond.toFixed(0)}`,
      );
    }
    say(
      'ours: five stages in batches, ten steps of state, each with its event; raw: three queue jobs that remember nothing',
    );
    return figuresOf(ours, raw);
  } finally {
    await rig.close();
  }
}

interface Taken {
  perSecond: number;
  /** Processor time per request, ms. */
  cpuMs: number;
  /** That of Redis, ms. */
  redisMs: number;
  /** Scripts of Redis per request, BullMQ's and ours. */
  scripts: number;
}

async function measure({ redis }: LaneRig, count: number, work: () => Promise<unknown>): Promise<Taken> {
  let [tookMs, cpuMs] = [0, 0];
  const cost = await redisCostOf(redis.url, async () => {
    const [begun, cpu] = [performance.now(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(cpu);
    tookMs = performance.now() - begun;
    cpuMs = (user + system) / 1_000;
  });
  return {
    perSecond: (count / tookMs) * 1_000,
    cpuMs: cpuMs / count,
    redisMs: cost.cpuMs / count,
    scripts: cost.scripts / count,
  };
}

async function wholeLane(rig: LaneRig, count: number): Promise<Taken> {
  let ended = 0;
  const lane = await startLane(rig, () => void ended++);
  const taken = await measure(rig, count, async () => {
    for (let at = 0; at < count; at += AT_ONCE)
      await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, count - at) }, () => rig.queue.requests.accept(rig.newRequest())),
      );
    while (ended < count) await pause(5);
  });
  await lane.stop();
  return taken;
}

function rawLane(rig: LaneRig, count: number): Promise<Taken> {
  return measureRawFlow(rig.redis.url, {
    ...{ count, work: () => allCalls(rig), places: PLACES, atOnce: AT_ONCE },
    timed: (run) => measure(rig, count, run),
  });
}

/** The five calls that a run costs: its document, the start, a look at its state, its output and its results. */
async function allCalls(rig: LaneRig): Promise<void> {
  await direct(rig);
  await rig.client.runs.get('1');
  await rig.client.runs.output('1');
  await rig.client.files.list('/Volumes/main/slowlane/results');
}

function figuresOf(ours: readonly Taken[], raw: readonly Taken[]): Figure[] {
  const of = (taken: readonly Taken[], key: keyof Taken) => median(taken.map((one) => one[key]));
  const [rate, rawRate] = [of(ours, 'perSecond'), of(raw, 'perSecond')];
  const [cpu, rawCpu] = [of(ours, 'cpuMs'), of(raw, 'cpuMs')];
  return [
    {
      name: 'whole lane, instant workspace (raw: a BullMQ flow of three stages with the same calls)',
      ours: `${rate.toFixed(0)}/s`,
      raw: `${rawRate.toFixed(0)}/s`,
      ratio: (rate / rawRate).toFixed(2),
      target: '>= 0.8 x',
      met: rate / rawRate >= 0.8,
    },
    {
      name: 'processor time per request, whole lane',
      ours: `${cpu.toFixed(2)} ms`,
      raw: `${rawCpu.toFixed(2)} ms`,
      ratio: (cpu / rawCpu).toFixed(2),
      target: '-',
      met: true,
    },
    {
      name: 'processor time of Redis per request (scripts per request)',
      ours: `${of(ours, 'redisMs').toFixed(2)} ms (${of(ours, 'scripts').toFixed(1)})`,
      raw: `${of(raw, 'redisMs').toFixed(2)} ms (${of(raw, 'scripts').toFixed(1)})`,
      ratio: (of(ours, 'redisMs') / of(raw, 'redisMs')).toFixed(2),
      target: '-',
      met: true,
    },
    {
      name: 'submissions per minute',
      ours: (rate * 60).toFixed(0),
      raw: (rawRate * 60).toFixed(0),
      ratio: (rate / rawRate).toFixed(2),
      target: '>= 1000',
      met: rate * 60 >= 1_000,
    },
  ];
}
