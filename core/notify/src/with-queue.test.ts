import type { Logger, NewRequest } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import { openQueue, type Queue } from '@slowlane/queue';
import { startRedis, type TestRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEventFeed } from './event-feed.ts';

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
let redis: TestRedis;
let queue: Queue;

beforeAll(async () => {
  redis = await startRedis();
  queue = await openQueue({ url: redis.url, logger: quiet });
});
afterAll(async () => {
  await queue.close();
  await redis.stop();
});

async function accept(): Promise<string> {
  const request: NewRequest = {
    ...{
      id: newId('req'),
      correlationId: newId('cor'),
      traceparent: undefined,
      operation: 'daily',
      principal: 'erp',
      body: {},
    },
    ...{ callback: undefined, idempotency: undefined },
    pin: {
      pipeline: 'daily',
      revision: 1,
      registrationId: newId('reg'),
      artifact: `sha256:${'0'.repeat(64)}`,
      workspace: 'local',
    },
  };
  return (await queue.requests.accept(request)).request.id;
}

describe('the event feed on a real stream', () => {
  it('gives each listener the events of its request, also after Redis was gone', async () => {
    const feed = createEventFeed(queue.events, { blockMs: 100 });
    try {
      const ids = await Promise.all([accept(), accept(), accept()]);
      const seen = new Map(ids.map((id) => [id, [] as string[]]));
      for (const id of ids) await feed.subscribe(id, undefined, (event) => seen.get(id)!.push(event.type) > 0);
      expect([...seen.values()]).toEqual([['request.accepted'], ['request.accepted'], ['request.accepted']]);

      await queue.requests.cancel(ids[0]!, 'test');
      await vi.waitUntil(() => seen.get(ids[0]!)!.length === 2);
      await redis.kill();
      await redis.restart();
      await vi.waitUntil(
        async () =>
          await queue.requests.cancel(ids[1]!, 'test').then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      );
      await vi.waitUntil(() => seen.get(ids[1]!)!.length === 2, { timeout: 10_000 });
      expect([...seen.values()]).toEqual([
        ['request.accepted', 'request.cancelled'],
        ['request.accepted', 'request.cancelled'],
        ['request.accepted'],
      ]);
    } finally {
      await feed.close();
    }
  });
});
