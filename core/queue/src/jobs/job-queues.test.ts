import { type TestRedis, createMemoryLogger, startRedis } from '@slowlane/testkit';
import { Worker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connector } from '../redis/connections.ts';
import { finishFlow, submitJob } from './flows.ts';
import { createJobQueues } from './job-queues.ts';

let redis: TestRedis;
const logger = createMemoryLogger();

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('queue jobs', () => {
  it('are made once per trigger: the same one again, before or after they ran, changes nothing', async () => {
    const options = { prefix: '{j}:bull', nonce: '1-0' };
    const connect = connector(redis.url, logger);
    const jobs = createJobQueues(connect('queue'), { prefix: options.prefix, logger });
    const ran: string[] = [];
    const both = [finishFlow('req_1', options), submitJob('req_1-0', { ...options, delayMs: 0 })];
    await jobs.add(both);
    await jobs.add(both);
    const connection = connect('queue');
    const workers = ['join', 'notify', 'submit'].map(
      (name) =>
        new Worker(name, async (job) => void ran.push(`${name} ${job.id}`), { connection, prefix: options.prefix }),
    );
    await expect
      .poll(() => ran.toSorted(), { timeout: 5_000 })
      .toEqual(['join join-req_1-1-0', 'notify notify-req_1-1-0', 'submit submit-req_1-0-1-0']);
    await expect.poll(() => jobs.isAlive(both[0] as (typeof both)[0])).toBe(false);
    await jobs.add(both);
    // What would run again runs before this one, because queues are first in, first out.
    await jobs.add([finishFlow('req_2', options), submitJob('req_2-0', { ...options, delayMs: 0 })]);
    await expect.poll(() => ran.length, { timeout: 5_000 }).toBe(6);
    expect(ran.filter((line) => line.includes('req_1'))).toHaveLength(3);
    await Promise.all(workers.map((worker) => worker.close()));
    connection.disconnect();
    await jobs.close();
  });
});
