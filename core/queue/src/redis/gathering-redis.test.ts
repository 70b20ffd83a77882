import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startRedis } from '@slowlane/testkit';
import { GatheringRedis } from './gathering-redis.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('a connection that gathers', () => {
  it('sends what one turn asks for in one write, and answers each by itself', async () => {
    const { redis, received } = await connected();
    received.length = 0;
    const answers = await Promise.allSettled([
      ...Array.from({ length: 20 }, (_, index) => redis.set(`key-${index}`, index)),
      redis.hget('key-0', 'field'),
      redis.get('key-7'),
    ]);
    expect(received).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { message: expect.stringContaining('WRONGTYPE') as string } },
    ]);
    expect(answers.at(-1)).toEqual({ status: 'fulfilled', value: '7' });
  });

  it('goes on with the next turn, and after its connection was lost between two', async () => {
    const { redis, cut } = await connected();
    expect(await redis.incr('count')).toBe(1);
    const again = once(redis, 'ready');
    cut();
    await again;
    expect(await Promise.all([redis.incr('count'), redis.incr('count')])).toEqual([2, 3]);
  });
});

/** A connection through a door that notes what comes in one piece, and that can be shut. */
async function connected() {
  const server = await startRedis();
  cleanups.push(() => server.stop());
  const { port } = new URL(server.url);
  const received: Buffer[] = [];
  let cut = () => {};
  const door = createServer((client) => {
    const inner = connect(Number(port), '127.0.0.1');
    client.on('data', (bytes) => received.push(bytes));
    for (const socket of [client, inner]) socket.on('error', () => undefined);
    client.pipe(inner).pipe(client);
    cut = () => client.destroy();
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const redis = new GatheringRedis(`redis://127.0.0.1:${(door.address() as AddressInfo).port}`, { lazyConnect: true });
  redis.on('error', () => undefined);
  cleanups.push(
    () => door.close(),
    () => redis.disconnect(),
  );
  await redis.connect();
  return { redis, received, cut: () => cut() };
}
