import { type TestRedis, createMemoryLogger, sampleBuild, sampleRequest, startRedis } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openQueue } from '../index.ts';
import { keysOf } from '../redis/keys.ts';
import { loadScripts, scriptFolder } from '../redis/scripts.ts';
import { createStore } from '../redis/store.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

it('a record goes when it ended long enough ago and its end is archived, with all that belongs to it', async () => {
  const queue = await openQueue({ url: redis.url, logger: createMemoryLogger() });
  const raw = new Redis(redis.url, { protocol: 2 });
  const store = createStore(raw, {
    keys: keysOf('sl'),
    scripts: loadScripts(scriptFolder, { leaseMs: 1_000, patienceMs: 1_000 }),
  });
  const { request } = await queue.requests.accept(sampleRequest());
  await queue.requests.park(request.id, {
    mediated: {},
    parts: [{ key: 'all', document: {} }],
    claim: { dimensions: {}, priority: 5 },
    resultPath: '/x',
  });
  await queue.requests.cancel(request.id, 'ana');
  const open = await queue.requests.accept(sampleRequest());
  const build = await queue.builds.start(sampleBuild());
  await queue.builds.log(build.id, ['a line']);
  await queue.builds.cancel(build.id);

  expect(await store.run('retire', 0, 100)).toBe(0);
  const last = await queue.events.last();
  await queue.events.trim(last);
  expect(await store.run('retire', 86_400_000, 100)).toBe(0);
  await queue.events.trim(`${Date.now() + 60_000}-0`);
  await expect.poll(() => store.run('retire', 0, 100)).toBe(3);

  expect(await queue.requests.get(request.id)).toBeUndefined();
  expect(await queue.requests.part(`${request.id}-0`)).toBeUndefined();
  expect(await queue.builds.get(build.id)).toBeUndefined();
  expect(await queue.builds.list(10)).toEqual([]);
  expect(await queue.requests.get(open.request.id)).toMatchObject({ state: 'accepted' });
  expect(await raw.exists(`{sl}:build-log:${build.id}`)).toBe(0);
  expect((await queue.events.read('0-0', 100, 0)).at(-1)?.id).toBe(last);
  raw.disconnect();
  await queue.close();
});
