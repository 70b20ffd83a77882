import { setTimeout as pause } from 'node:timers/promises';
import { measureRawFlow } from '@slowlane/queue/bench';
import type { Installation } from '../processes/installation.ts';
import { type Figure, median } from './figures.ts';
import { openLaneRig, type LaneRig, startLane } from './lane-rig.ts';
import { direct } from './submit.ts';

const REQUESTS = 600;
const ROUNDS = 3;

/**
 * Requests per second through the whole lane, from accept to told, on a workspace that answers at once; beside it as many plain BullMQ flows
 * of three stages on the same Redis, whose middle stage makes the same calls. Both in turn; processor time is that of this process.
 */
export async function benchLane(installation: Installation, say: (line: string) => void): Promise<Figure[]> {
  const rig = await openLaneRig(installation);
  try {
    await rig.queue.gate.declare({ 'op:bench': REQUESTS });
    const ours: Taken[] = [];
    const raw: Taken[] = [];
    await wholeLane(rig, 50);
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await wholeLane(rig, REQUESTS));
      raw.push(
        await measure(REQUESTS, () =>
          measureRawFlow(rig.redis.url, { count: REQUESTS, work: () => allCalls(rig), logger: rig.logger }),
        ),
      );
      say(
        `round ${round + 1}: ${ours.at(-1)?.perSecond.toFixed(0)} requests/s, raw ${raw.at(-1)?.perSecond.toFixed(0)}`,
      );
    }
    return figuresOf(ours, raw);
  } finally {
    await rig.close();
  }
}

interface Taken {
  perSecond: number;
  /** Processor time per request, ms. */
  cpuMs: number;
}

async function measure(count: number, work: () => Promise<unknown>): Promise<Taken> {
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: (count / (performance.now() - begun)) * 1_000, cpuMs: (user + system) / 1_000 / count };
}

async function wholeLane(rig: LaneRig, count: number): Promise<Taken> {
  let ended = 0;
  const lane = await startLane(rig, () => void ended++);
  const taken = await measure(count, async () => {
    for (let at = 0; at < count; at += 20)
      await Promise.all(
        Array.from({ length: Math.min(20, count - at) }, () => rig.queue.requests.accept(rig.newRequest())),
      );
    while (ended < count) await pause(5);
  });
  await lane.stop();
  return taken;
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
      name: 'submissions per minute',
      ours: (rate * 60).toFixed(0),
      raw: (rawRate * 60).toFixed(0),
      ratio: (rate / rawRate).toFixed(2),
      target: '>= 1000',
      met: rate * 60 >= 1_000,
    },
  ];
}
