import { createMemoryLogger, redisForFile, sampleRequest } from '@slowlane/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Queue, openQueue } from '../index.ts';

let queue: Queue;
const server = redisForFile({ beforeAll, afterAll });
beforeEach(async () => {
  queue = await openQueue({ url: server.redis.url, prefix: server.nextPrefix(), logger: createMemoryLogger() });
  return () => queue.close();
});

const throttled = {
  dimension: 'api:main',
  cause: 'workspace.throttled',
  reason: 'slow down',
  until: 4_000_000_000_000,
};

async function granted(): Promise<string> {
  const { request } = await queue.requests.accept(sampleRequest());
  await queue.requests.beginMediation(request.id);
  await queue.requests.park(request.id, {
    ...{ mediated: {}, parts: [{ key: 'all', document: {} }], resultPath: '/x' },
    claim: { dimensions: { '*': 1 }, priority: 5 },
  });
  return `${request.id}-0`;
}

async function postpone(part: string, hold: Parameters<Queue['requests']['postpone']>[3], token?: string) {
  const claimed = await queue.requests.claim(part, 'node', 30_000);
  if (token !== undefined) await queue.requests.intend(part, claimed?.fence ?? 0, { attempt: 1, token });
  expect(await queue.requests.postpone(part, claimed?.fence ?? 0, 10, hold)).toBe(true);
}

async function told(part: string): Promise<unknown[]> {
  const events = await queue.events.read('0-0', 1_000, 0);
  return events
    .filter(({ type, subject }) => type === 'part.waiting' && subject.part === part)
    .map(({ data }) => data['reason']);
}

it('what the keeper says of a part with a slot is explained and told, once for each reason', async () => {
  const part = await granted();
  expect((await queue.requests.explain(part))?.dimension).toBeUndefined();
  await postpone(part, throttled, 'tok');
  await postpone(part, { ...throttled, reason: 'slow down, please' });
  expect(await queue.requests.explain(part)).toMatchObject({
    ...{ state: 'submitting', dimension: 'api:main', reason: 'slow down, please', opensAt: throttled.until },
  });
  expect(await told(part)).toEqual(['slow down']);
  await postpone(part, { ...throttled, cause: 'workspace.unavailable', reason: 'it does not answer' });
  expect(await told(part)).toEqual(['slow down', 'it does not answer']);
});

it('a part that has got its run waits for nothing any more', async () => {
  const part = await granted();
  await postpone(part, throttled, 'tok');
  const claimed = await queue.requests.claim(part, 'node', 30_000);
  await queue.requests.bind(part, claimed?.fence ?? 0, { runId: '7', runPageUrl: undefined, pollMs: 1_000 });
  expect((await queue.requests.explain(part))?.dimension).toBeUndefined();
});

it('a cluster that was waited for is not named once the run is being submitted', async () => {
  const part = await granted();
  await postpone(part, { dimension: 'cluster:warm', cause: 'starts', reason: 'cluster c starts', limit: 2, inUse: 1 });
  expect(await queue.requests.explain(part)).toMatchObject({ dimension: 'cluster:warm', limit: 2, inUse: 1 });
  const claimed = await queue.requests.claim(part, 'node', 30_000);
  await queue.requests.intend(part, claimed?.fence ?? 0, { attempt: 1, token: 'tok' });
  expect((await queue.requests.explain(part))?.dimension).toBeUndefined();
});

it('a postponement without a reason leaves what was told', async () => {
  const part = await granted();
  await postpone(part, undefined);
  expect((await queue.requests.explain(part))?.dimension).toBeUndefined();
  expect(await told(part)).toEqual([]);
});
