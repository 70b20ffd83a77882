import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMemoryLogger, redisForFile } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBlockingPool, mostIdle } from './blocking-pool.ts';
import { openQueue } from '../index.ts';

const server = redisForFile({ beforeAll, afterAll });
const AT_ONCE = 200;

it('gives back the connections of many reads at once, and keeps a few for the next ones', async () => {
  const queue = await openQueue({ url: server.redis.url, prefix: server.nextPrefix(), logger: createMemoryLogger() });
  const raw = new Redis(server.redis.url, { protocol: 2 });
  const connections = async () =>
    String(await raw.client('LIST'))
      .trim()
      .split('\n').length;
  const before = await connections();
  const readAll = () => Promise.all(Array.from({ length: AT_ONCE }, () => queue.events.read('$', 1, 300)));

  const reading = readAll();
  await expect.poll(connections, { timeout: 10_000 }).toBeGreaterThanOrEqual(before + AT_ONCE);
  await reading;
  await expect.poll(connections, { timeout: 10_000 }).toBe(before + mostIdle);

  expect(await readAll()).toEqual(Array.from({ length: AT_ONCE }, () => []));
  await expect.poll(connections, { timeout: 10_000 }).toBe(before + mostIdle);
  await queue.close();
  await expect.poll(connections, { timeout: 10_000 }).toBeLessThan(before);
  raw.disconnect();
});

it('keeps nothing of a reply once it was given', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const raw = new Redis(server.redis.url, { protocol: 2 });
  const pool = createBlockingPool(() => raw);
  const use = async () => new WeakRef(await pool.use(async (redis) => ({ reply: await redis.ping() })));
  const replies = await Promise.all(Array.from({ length: 10 }, use));
  // What the last turn held is let go with it.
  await expect.poll(() => (collect(), replies.filter((reply) => reply.deref() !== undefined))).toEqual([]);
  pool.close();
});

it('ends what blocks when it is closed', async () => {
  const queue = await openQueue({ url: server.redis.url, prefix: server.nextPrefix(), logger: createMemoryLogger() });
  const reading = queue.events.read('$', 1, 60_000);
  const refused = expect(reading).rejects.toMatchObject({ code: 'queue.unavailable' });
  await queue.close();
  await refused;
});
