import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathsOf } from '@slowlane/config';
import type { Logger } from '@slowlane/contracts';
import { formatDuration, newId } from '@slowlane/kit';
import { type Queue, openQueue } from '@slowlane/queue';
import { measureRawQueue } from '@slowlane/queue/bench';
import type { Installation } from '../processes/installation.ts';
import { createLogger } from '../processes/logger.ts';
import { ensureRedis } from '../processes/redis-server.ts';
import { type Figure, median, percentile } from './figures.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const PARKED = 100_000;
const PARTS = 1_000;
const ROUNDS = 300;
const document = { month: 3, origins: ['EWR', 'JFK'], note: 'x'.repeat(300) };
const six = ['*', 'op:bench', 'pool:bench', 'ws:bench', 'res:bench', 'tn:bench'];

/** The gate with 100,000 parts parked, through the real queue and workers, beside plain BullMQ with as many queue jobs waiting. */
export async function benchGate(installation: Installation, say: (line: string) => void): Promise<Figure[]> {
  const home = mkdtempSync(join(tmpdir(), 'slowlane-bench-'));
  const paths = pathsOf({ ...installation.environment, home });
  for (const folder of [paths.run, paths.logs]) mkdirSync(folder, { recursive: true });
  const logger = createLogger('bench', 'error');
  const redis = await ensureRedis(paths, logger);
  try {
    say(`raw BullMQ, ${PARKED} waiting`);
    const raw = await measureRawQueue(redis.url, { waiting: PARKED, rounds: ROUNDS, data: document });
    say('the gate, 1 and 6 dimensions');
    const flat = await alternateDimensions(redis.url, logger);
    say(`the gate, ${PARKED} parked`);
    const ours = await measureGate(redis.url, logger);
    return [
      latency('release -> next start, 100,000 parked, p50', [ours.starts, raw.releaseToStartMs], 0.5, undefined),
      latency('release -> next start, 100,000 parked, p99', [ours.starts, raw.releaseToStartMs], 0.99, 20),
      {
        name: 'Redis memory per parked part (raw: per waiting queue job)',
        ours: `${Math.round(ours.bytesEach)} B`,
        raw: `${Math.round(raw.bytesEach)} B`,
        ratio: (ours.bytesEach / raw.bytesEach).toFixed(2),
        target: '<= 3072 B',
        met: ours.bytesEach <= 3_072,
      },
      {
        name: 'release and grant in one step, 6 dimensions (raw: 1)',
        ours: formatDuration(median(flat.six)),
        raw: formatDuration(median(flat.one)),
        ratio: (median(flat.six) / median(flat.one)).toFixed(2),
        target: '<= 1.5 x',
        met: median(flat.six) / median(flat.one) <= 1.5,
      },
    ];
  } finally {
    await redis.close();
    rmSync(home, { recursive: true, force: true });
  }
}

function latency(name: string, [ours, raw]: [number[], number[]], share: number, limit: number | undefined): Figure {
  const [mine, theirs] = [percentile(ours, share), percentile(raw, share)];
  return {
    name,
    ours: `${mine.toFixed(2)} ms`,
    raw: `${theirs.toFixed(2)} ms`,
    ratio: (mine / theirs).toFixed(2),
    target: limit === undefined ? '-' : `<= ${limit} ms`,
    met: limit === undefined || mine <= limit,
  };
}

async function measureGate(url: string, logger: Logger): Promise<{ starts: number[]; bytesEach: number }> {
  const queue = await openQueue({ url, prefix: 'parked', logger });
  const started = new Map<string, (at: number) => void>();
  const early = new Map<string, number>();
  const workers = await queue.work({
    submit: async ({ partId }) => {
      const at = performance.now();
      const tell = started.get(partId);
      if (tell === undefined) early.set(partId, at);
      else tell(at);
    },
  });
  const startOf = (id: string) =>
    new Promise<number>((resolve) => {
      const at = early.get(id);
      if (at === undefined) started.set(id, resolve);
      else resolve(at);
    });
  await queue.gate.declare({ 'op:bench': 1 });
  const before = (await queue.stats()).usedMemory;
  const order: string[] = [];
  for (let at = 0; at < PARKED; at += PARTS) order.push(...(await park(queue, six, PARTS)));
  const { usedMemory, streamLength } = await queue.stats();
  // The events wait for the archiver: they are history, not what a parked part costs.
  const last = await queue.events.last();
  await queue.events.trim(`${Number(last.split('-')[0]) + 1}-0`);
  const afterTrim = streamLength > 0 ? (await queue.stats()).usedMemory : usedMemory;
  const starts: number[] = [];
  await startOf(order[0] as string);
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    await queue.requests.release(order[round] as string, { state: 'succeeded', runMs: 1, log: undefined });
    starts.push((await startOf(order[round + 1] as string)) - begun);
  }
  await workers.close();
  await queue.close();
  return { starts, bytesEach: (afterTrim - before) / PARKED };
}

async function alternateDimensions(url: string, logger: Logger): Promise<{ one: number[]; six: number[] }> {
  const lanes = await Promise.all(
    [['op:bench'], six].map(async (dimensions, index) => {
      const queue = await openQueue({ url, prefix: `flat${index}`, logger });
      await queue.gate.declare({ 'op:bench': 1 });
      return { queue, order: await park(queue, dimensions, ROUNDS + 1), ms: [] as number[] };
    }),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const { queue, order, ms } of lanes) {
      const begun = performance.now();
      await queue.requests.release(order[round] as string, { state: 'succeeded', runMs: 1, log: undefined });
      ms.push(performance.now() - begun);
    }
  }
  await Promise.all(lanes.map(({ queue }) => queue.close()));
  return { one: lanes[0]?.ms ?? [], six: lanes[1]?.ms ?? [] };
}

async function park(queue: Queue, dimensions: readonly string[], parts: number): Promise<string[]> {
  const id = newId('req');
  await queue.requests.accept({
    id,
    correlationId: newId('cor'),
    traceparent: undefined,
    operation: 'bench',
    principal: 'bench',
    body: {},
    callback: undefined,
    idempotency: undefined,
    pin: { pipeline: 'bench', revision: 1, registrationId: 'reg', artifact: digest, workspace: 'bench' },
  });
  await queue.requests.park(id, {
    mediated: {},
    parts: Array.from({ length: parts }, (_, index) => ({ key: `k${index}`, document })),
    claim: { dimensions: Object.fromEntries(dimensions.map((dimension) => [dimension, 1])), priority: 5 },
    resultPath: '/Volumes/main/slowlane/results/bench',
    needed: 0,
  });
  return Array.from({ length: parts }, (_, index) => `${id}-${index}`);
}
