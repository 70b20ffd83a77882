import { createMemoryLogger, redisForFile, sampleRequest } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { storeOn } from '../__fixtures__/dying-store.ts';
import { parkRequest } from '../__fixtures__/parked-request.ts';
import { redisCostOf } from '../bench/redis-cost.ts';
import { type Queue, openQueue } from '../index.ts';

let queue: Queue;
let prefix: string;

const server = redisForFile({ beforeAll, afterAll });
beforeEach(async () => {
  prefix = server.nextPrefix();
  queue = await openQueue({ url: server.redis.url, prefix, logger: createMemoryLogger() });
  return () => queue.close();
});

const park = (requestId: string) =>
  queue.requests.park(requestId, {
    mediated: {},
    parts: [{ key: 'all', document: {} }],
    claim: { dimensions: { 'op:daily': 1, '*': 1 }, priority: 5 },
    resultPath: '/x',
  });

it('carries out the same step of many requests in few scripts, each as if it were alone', async () => {
  const first = sampleRequest({ idempotency: { key: 'k', fingerprint: `sha256:${'1'.repeat(64)}` } });
  await queue.requests.accept(first);
  const other = { ...sampleRequest(), idempotency: { key: 'k', fingerprint: `sha256:${'2'.repeat(64)}` } } as const;
  const fresh = Array.from({ length: 30 }, () => sampleRequest());

  let settled: PromiseSettledResult<Awaited<ReturnType<Queue['requests']['accept']>>>[] = [];
  const { scripts } = await redisCostOf(server.redis.url, async () => {
    settled = await Promise.allSettled([...fresh, first, other].map((request) => queue.requests.accept(request)));
  });

  expect(scripts).toBe(2);
  expect(settled.slice(0, 30).map((one) => one.status === 'fulfilled' && one.value.request.id)).toEqual(
    fresh.map(({ id }) => id),
  );
  expect(settled[30]).toMatchObject({ value: { replayed: true } });
  expect(settled[31]).toMatchObject({ reason: { code: 'request.key-reused' } });
});

it('grants no more than there is room for when many park together', async () => {
  await queue.gate.declare({ 'op:daily': 3 });
  const requests = await Promise.all(Array.from({ length: 12 }, () => queue.requests.accept(sampleRequest())));
  const ids = requests.map(({ request }) => request.id);
  await Promise.all(ids.map((id) => queue.requests.beginMediation(id)));
  await Promise.all(ids.map(park));
  const parts = await Promise.all(ids.map((id) => queue.requests.part(`${id}-0`)));
  expect(parts.map((part) => part?.state)).toEqual([
    ...Array<string>(3).fill('granted'),
    ...Array<string>(9).fill('parked'),
  ]);
});

it('does not take others with it when one of them breaks off', async () => {
  const raw = new Redis(server.redis.url, { protocol: 2 });
  const store = storeOn(raw, prefix);
  try {
    const partIds = [
      `${await parkRequest(queue, 1)}-0`,
      `${await parkRequest(queue, 1)}-0`,
      `${await parkRequest(queue, 1)}-0`,
    ];
    const settled = await Promise.allSettled(
      partIds.map((id, index) => store.run('claim', id, 'node', index === 1 ? 'soon' : 30_000)),
    );
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(settled[1]).toMatchObject({
      reason: { message: expect.stringContaining('arithmetic on a nil value') as string },
    });
    expect(await queue.requests.claim(partIds[2] as string, 'another', 30_000)).toBeUndefined();
  } finally {
    store.close();
    raw.disconnect();
  }
});
