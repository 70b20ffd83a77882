import { createMemoryLogger, redisForFile } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openQueue } from '../index.ts';

const server = redisForFile({ beforeAll, afterAll });

it('shows an entry that cannot be read as one, and reads on behind it', async () => {
  const prefix = server.nextPrefix();
  const queue = await openQueue({ url: server.redis.url, prefix, logger: createMemoryLogger() });
  const raw = new Redis(server.redis.url, { protocol: 2 });
  const append = (type: 'push.completed' | 'push.aborted') =>
    queue.events.append({ type, correlationId: 'cor_1', subject: { pipeline: 'p' } });
  try {
    await append('push.completed');
    await raw.xadd(`{${prefix}}:log`, '*', 't', 'push.aborted', 'c', 'cor_2', 's', '{}', 'd', '{half');
    await raw.xadd(`{${prefix}}:log`, '*', 'strange', 'entry');
    await raw.xadd(`{${prefix}}:log`, '*', 't', 'x', 'c', 'y', 's', '[]', 'd', '"text"');
    await append('push.aborted');
    const events = await queue.events.read('0-0', 10, 0);
    expect(events.map(({ type }) => type)).toEqual([
      'push.completed',
      'event.unreadable',
      'event.unreadable',
      'event.unreadable',
      'push.aborted',
    ]);
    expect(events[1]).toMatchObject({ correlationId: 'cor_2', data: { entry: expect.stringContaining('{half') } });
  } finally {
    raw.disconnect();
    await queue.close();
  }
});
