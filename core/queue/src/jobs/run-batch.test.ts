import { SlowLaneError } from '@slowlane/contracts';
import { type TestRedis, createMemoryLogger, sampleRequest, startRedis } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { instantLane } from '../__fixtures__/instant-lane.ts';
import { type Processors, type Queue, type WorkOptions, openQueue } from '../index.ts';

let redis: TestRedis;
let raw: Redis;
let queue: Queue;
let prefix = '';
let system = 0;
const logger = createMemoryLogger();

beforeAll(async () => {
  redis = await startRedis();
  raw = new Redis(redis.url);
});
afterAll(async () => {
  raw.disconnect();
  await redis.stop();
});
beforeEach(async () => {
  prefix = `b${system++}`;
  queue = await openQueue({ url: redis.url, prefix, logger });
  return () => queue.close();
});

/** Nothing is found lost while the test runs, so that what goes on does so by itself. */
const patient: WorkOptions = { tickMs: 50, lostAfterMs: 60_000, lockMs: 1_500 };

/** A request lane of one part per request; `told` holds who was told of its end, in order. */
function lane(overrides: Processors = {}): { told: string[]; processors: Processors } {
  const told: string[] = [];
  const notify: Processors['notify'] = async ({ requestId }) => void told.push(requestId);
  return { told, processors: { ...instantLane(queue, ['all']), notify, ...overrides } };
}

async function acceptTogether(count: number): Promise<string[]> {
  const accepted = await Promise.all(Array.from({ length: count }, () => queue.requests.accept(sampleRequest())));
  return accepted.map(({ request }) => request.id);
}

async function ended(stage: string): Promise<number> {
  return raw.zcard(`{${prefix}}:bull:${stage}:completed`);
}

describe('what comes together', () => {
  it('is carried in few queue jobs, and everybody is told once', async () => {
    const ids = await acceptTogether(40);
    const { told, processors } = lane();
    await queue.work(processors, patient);
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(40);
    expect(told.toSorted()).toEqual(ids.toSorted());
    expect(await ended('split'), 'batches of at most 16').toBe(3);
    expect(await raw.hlen(`{${prefix}}:triggers`)).toBe(0);
  });

  it('goes on when one of it has to be tried again, which then goes alone', async () => {
    const ids = await acceptTogether(5);
    const tries = new Map<string, number>();
    const { told, processors } = lane({
      prepare: async ({ requestId }) => {
        tries.set(requestId, (tries.get(requestId) ?? 0) + 1);
        if (requestId === ids[2] && tries.get(requestId) === 1)
          throw new SlowLaneError('workspace.unavailable', 'no answer');
        await queue.requests.beginMediation(requestId);
      },
    });
    await queue.work(processors, patient);
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(5);
    expect(ids.map((id) => tries.get(id))).toEqual([1, 1, 2, 1, 1]);
    expect(await ended('split')).toBe(2);
  });

  it('goes on when one of it breaks, which ends as failed', async () => {
    const ids = await acceptTogether(5);
    const { told, processors } = lane({
      join: async ({ requestId }) => {
        if (requestId === ids[1]) throw new TypeError('x is not a function');
        await queue.requests.end(requestId, { state: 'succeeded', files: [] });
      },
    });
    await queue.work(processors, patient);
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(5);
    const states = await Promise.all(ids.map(async (id) => (await queue.requests.get(id))?.state));
    expect(states).toEqual(['succeeded', 'failed', 'succeeded', 'succeeded', 'succeeded']);
  });

  it('does not wait for the slow lookup of another', async () => {
    const ids = await acceptTogether(5);
    const slow = Promise.withResolvers<void>();
    let tries = 0;
    const { told, processors } = lane({
      prepare: async ({ requestId }) => {
        if (requestId === ids[0]) {
          tries++;
          await slow.promise;
        }
        await queue.requests.beginMediation(requestId);
      },
    });
    await queue.work(processors, patient);
    await expect.poll(() => told.toSorted(), { timeout: 10_000 }).toEqual(ids.slice(1).toSorted());
    await expect.poll(() => tries, { timeout: 10_000 }).toBe(2);
    slow.resolve();
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(5);
    expect(told.filter((id) => id === ids[0])).toHaveLength(1);
  });

  it('is taken apart when its queue job was started before: one of it may have ended the process', async () => {
    const ids = await acceptTogether(5);
    const first = await queue.work({}, patient);
    await expect.poll(async () => (await queue.stats()).outboxLag, { timeout: 5_000 }).toBe(0);
    await first.close();
    const [job = ''] = await raw.keys(`{${prefix}}:bull:prepare:prepare-batch-*`);
    await raw.hset(job, 'ats', 1);
    const { told, processors } = lane();
    await queue.work(processors, patient);
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(5);
    expect(told.toSorted()).toEqual(ids.toSorted());
    expect(await ended('split'), 'that of the batch, and one for each').toBe(6);
  });

  it('is found when its queue jobs are lost', async () => {
    const ids = await acceptTogether(5);
    const first = await queue.work({}, patient);
    await expect.poll(async () => (await queue.stats()).outboxLag, { timeout: 5_000 }).toBe(0);
    await first.close();
    await raw.del(...(await raw.keys(`{${prefix}}:bull:*`)));
    const { told, processors } = lane();
    await queue.work(processors, { ...patient, lostAfterMs: 150 });
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(5);
    expect(told.toSorted()).toEqual(ids.toSorted());
  });

  it('is not taken for lost while it waits for its turn', async () => {
    await acceptTogether(5);
    const first = await queue.work({}, { ...patient, lostAfterMs: 20 });
    await expect.poll(async () => (await queue.stats()).outboxLag, { timeout: 5_000 }).toBe(0);
    const doubts = await raw.zrange(`{${prefix}}:open`, '0', '-1', 'WITHSCORES');
    await expect
      .poll(async () => await raw.zrange(`{${prefix}}:open`, '0', '-1', 'WITHSCORES'), { timeout: 5_000 })
      .not.toEqual(doubts);
    await first.close();
    expect(await raw.hlen(`{${prefix}}:retriggers`)).toBe(0);
  });

  it('goes on elsewhere, each alone, when the process stops', async () => {
    const ids = await acceptTogether(5);
    let begun = 0;
    const all = Promise.withResolvers<void>();
    const { processors: stuck } = lane({
      split: (_payload, signal) =>
        new Promise((_, reject) => {
          if (++begun === 5) all.resolve();
          signal.addEventListener('abort', () => reject(new Error('interrupted')));
        }),
    });
    const first = await queue.work(stuck, patient);
    await all.promise;
    await first.close(0);
    const { told, processors } = lane();
    await queue.work(processors, patient);
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(5);
    expect(told.toSorted()).toEqual(ids.toSorted());
  });
});
