import { setTimeout as pause } from 'node:timers/promises';
import { type TestRedis, createMemoryLogger, sampleRequest, startRedis } from '@slowlane/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Queue, openQueue } from '../index.ts';

let redis: TestRedis;
let queue: Queue;

beforeEach(async () => {
  redis = await startRedis();
  queue = await openQueue({ url: redis.url, logger: createMemoryLogger() });
});
afterEach(async () => {
  await queue.close();
  await redis.stop();
});

const unavailable = { code: 'queue.unavailable', kind: 'temporary' };

describe('a Redis that is killed', () => {
  it('is answered at once, and what was acknowledged is there again without our doing anything', async () => {
    const acknowledged = new Set<string>();
    const clients = Array.from({ length: 10 }, async () => {
      for (let answered = true; answered;) {
        const request = sampleRequest();
        answered = await queue.requests.accept(request).then(
          () => true,
          () => false,
        );
        if (answered) acknowledged.add(request.id);
      }
    });
    await expect.poll(() => acknowledged.size, { timeout: 20_000 }).toBeGreaterThan(300);
    await redis.kill();
    await Promise.all(clients);
    await expect(queue.requests.accept(sampleRequest())).rejects.toMatchObject(unavailable);
    await expect(queue.ping()).rejects.toMatchObject(unavailable);
    await redis.restart();
    await expect
      .poll(
        () =>
          queue.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 3_000 },
      )
      .toBe(true);
    const found = await Promise.all([...acknowledged].map((id) => queue.requests.get(id)));
    expect(found.filter((record) => record?.state === 'accepted')).toHaveLength(acknowledged.size);
    await expect(queue.requests.accept(sampleRequest())).resolves.toMatchObject({ replayed: false });
  });

  it('does not end the work: workers, dispatcher and followers go on with the next start', async () => {
    const told: string[] = [];
    await queue.work(
      {
        prepare: async ({ requestId }) => queue.requests.end(requestId, { state: 'nothing-to-do' }),
        split: async () => undefined,
        notify: async ({ requestId }) => void told.push(requestId),
      },
      { tickMs: 100, lostAfterMs: 500, lockMs: 2_000 },
    );
    const before = await queue.requests.accept(sampleRequest());
    await expect.poll(() => told, { timeout: 5_000 }).toContain(before.request.id);
    const last = await queue.events.last();
    const following = queue.events.read(last, 10, 60_000).catch((thrown: unknown) => thrown);
    await redis.kill();
    expect(await following).toMatchObject(unavailable);
    await redis.restart();
    const after = await accept();
    await expect.poll(() => told, { timeout: 8_000 }).toContain(after);
    expect((await queue.events.read(last, 10, 1_000)).map(({ type }) => type)).toContain('request.accepted');
  });

  it('does not keep a process from closing', async () => {
    await queue.work({ prepare: async () => undefined, notify: async () => undefined }, { tickMs: 50 });
    await redis.kill();
    await queue.close();
    await expect(queue.ping()).rejects.toMatchObject(unavailable);
  });

  it('is waited for by steps in the background', async () => {
    const { request } = await queue.requests.accept(sampleRequest());
    await redis.kill();
    const begun = queue.requests.beginMediation(request.id);
    await pause(0);
    await redis.restart();
    expect(await begun).toMatchObject({ id: request.id });
  });
});

describe('openQueue', () => {
  it('says that Redis does not answer where none is', async () => {
    await redis.kill();
    await expect(openQueue({ url: redis.url, logger: createMemoryLogger() })).rejects.toMatchObject(unavailable);
  });

  it('tells whether acknowledged changes are on disk', async () => {
    expect(await queue.checkDurability()).toMatchObject({ durable: true });
    const weak = await startRedis({ appendfsync: 'everysec' });
    const other = await openQueue({ url: weak.url, logger: createMemoryLogger() });
    expect(await other.checkDurability()).toEqual({ durable: false, detail: expect.stringContaining('everysec') });
    await other.close();
    await weak.stop();
  });
});

async function accept(): Promise<string> {
  for (;;) {
    const request = sampleRequest();
    const answer = await queue.requests.accept(request).catch(() => undefined);
    if (answer !== undefined) return request.id;
    await pause(20);
  }
}
