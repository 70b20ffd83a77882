import { describe, expect, it } from 'vitest';
import { type TestRedis, createMemoryLogger, sampleRequest, startRedis } from '@slowlane/testkit';
import { createFrozenGuard } from './frozen-guard.ts';
import { openQueue } from '../open-queue.ts';

const timedOut = () => Promise.reject(new Error('Command timed out'));

describe('a Redis that holds its connections and does not answer', () => {
  it('makes one caller wait; all others are refused without a call until a ping is answered', async () => {
    const pings: PromiseWithResolvers<'PONG'>[] = [];
    const ping = () => {
      pings.push(Promise.withResolvers<'PONG'>());
      return (pings.at(-1) as PromiseWithResolvers<'PONG'>).promise;
    };
    const guard = createFrozenGuard({ ping } as never);
    await expect(guard.run(timedOut)).rejects.toThrow('timed out');
    let calls = 0;
    const call = () => Promise.resolve(++calls);
    await expect(guard.run(call)).rejects.toThrow('has not answered since');
    expect([calls, pings.length]).toEqual([0, 1]);
    pings[0]?.resolve('PONG');
    await pings[0]?.promise;
    expect(await guard.run(call)).toBe(1);
    guard.close();
  });

  it('pings again after a ping that was not answered either', async () => {
    let pings = 0;
    const guard = createFrozenGuard({ ping: () => (++pings < 3 ? timedOut() : Promise.resolve('PONG')) } as never);
    await expect(guard.run(timedOut)).rejects.toThrow();
    await expect
      .poll(() => guard.run(() => Promise.resolve('answered')).catch(() => undefined), { timeout: 10_000 })
      .toBe('answered');
    expect(pings).toBe(3);
    guard.close();
  });

  it('is told by name, and works again once it is thawed', async () => {
    const redis: TestRedis = await startRedis();
    const queue = await openQueue({ url: redis.url, logger: createMemoryLogger() });
    redis.freeze();
    const answers = await Promise.allSettled([1, 2, 3].map(() => queue.requests.accept(sampleRequest())));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(queue.requests.accept(sampleRequest())).rejects.toMatchObject({
      code: 'queue.unavailable',
      message: expect.stringContaining('has not answered since'),
    });
    redis.thaw();
    await expect
      .poll(
        () =>
          queue.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    await expect(queue.requests.accept(sampleRequest())).resolves.toMatchObject({ replayed: false });
    await queue.close();
    await redis.stop();
  });
});
