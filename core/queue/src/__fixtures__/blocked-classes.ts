import { type TestRedis, createMemoryLogger, sampleRequest } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { type Queue, openQueue } from '../index.ts';

export interface ReleaseCost {
  /** Commands of Redis, those inside scripts included, per release; the most of all rounds. */
  mostCommands: number;
  /** Parts in the order in which they were granted, as numbers of arrival. */
  granted: number[];
  /** How long each release took, ms: for people to read, the machine decides it. */
  tookMs: number[];
  inUse: number;
  waiting: number;
}

const pool = 'pool:only';

/** Parks so many parts in so many classes, all blocked on one pool with one place, and releases one after the other. */
export async function releaseAmong(
  redis: TestRedis,
  { prefix, classes, partsEach, rounds }: { prefix: string; classes: number; partsEach: number; rounds: number },
): Promise<ReleaseCost> {
  const queue = await openQueue({ url: redis.url, prefix, logger: createMemoryLogger() });
  const raw = new Redis(redis.url, { protocol: 2 });
  try {
    await queue.gate.declare({ [pool]: 1 });
    const arrivals: string[] = [];
    for (let at = 0; at < classes; at++) arrivals.push(...(await park(queue, `op:o${at}`, partsEach)));
    const number = new Map(arrivals.map((id, index) => [id, index]));
    const granted: number[] = [];
    const tookMs: number[] = [];
    let mostCommands = 0;
    let holder = arrivals[0] as string;
    for (let round = 0; round < rounds; round++) {
      await bind(queue, holder);
      await raw.config('RESETSTAT');
      const begun = performance.now();
      await queue.requests.release(holder, { state: 'succeeded', runMs: 1, log: undefined });
      tookMs.push(performance.now() - begun);
      mostCommands = Math.max(mostCommands, await commandsSince(raw));
      const [next] = await raw.zrange(`{${prefix}}:gate:lease`, '0', '-1');
      if (next === undefined) break;
      granted.push(number.get(next) ?? -1);
      holder = next;
    }
    const row = (await queue.gate.list()).find(({ dimension }) => dimension === pool);
    return { mostCommands, granted, tookMs, inUse: row?.inUse ?? -1, waiting: row?.waiting ?? -1 };
  } finally {
    raw.disconnect();
    await queue.close();
  }
}

async function park(queue: Queue, operation: string, count: number): Promise<string[]> {
  const { request } = await queue.requests.accept(sampleRequest());
  await queue.requests.beginMediation(request.id);
  const parts = Array.from({ length: count }, (_, index) => ({ key: `k${index}`, document: {} }));
  const claim = { dimensions: { [operation]: 1, [pool]: 1 }, priority: 5 };
  await queue.requests.park(request.id, { mediated: {}, parts, claim, resultPath: '/x' });
  return (await queue.requests.parts(request.id)).map(({ id }) => id);
}

async function bind(queue: Queue, id: string): Promise<void> {
  const claimed = await queue.requests.claim(id, 'node', 60_000);
  if (claimed === undefined) throw new Error(`${id} was not granted`);
  await queue.requests.intend(id, claimed.fence, { attempt: 1, token: id });
  await queue.requests.bind(id, claimed.fence, { runId: id, runPageUrl: undefined, pollMs: 60_000 });
}

async function commandsSince(raw: Redis): Promise<number> {
  const stats = await raw.info('commandstats');
  const calls = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
  return calls.reduce((sum, [, name, count]) => (/^(info|config)/.test(name ?? '') ? sum : sum + Number(count)), 0);
}
