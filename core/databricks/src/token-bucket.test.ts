import { describe, expect, it } from 'vitest';
import { createTokenBucket } from './token-bucket.ts';

describe('token bucket', () => {
  it('lets a burst of one second through and spaces the rest', async () => {
    const waits: number[] = [];
    let now = 1_000;
    const clock = { now: () => now, sleep: (ms: number) => (waits.push(ms), Promise.resolve()) };
    const bucket = createTokenBucket(10, clock);
    for (let call = 0; call < 12; call++) await bucket.take();
    expect(waits).toEqual([100, 200]);
    now += 10_000;
    await bucket.take();
    expect(waits).toEqual([100, 200]);
  });

  it('never waits without a limit', async () => {
    const clock = { now: () => 0, sleep: () => Promise.reject(new Error('it slept')) };
    const bucket = createTokenBucket(Infinity, clock);
    for (let call = 0; call < 1_000; call++) await bucket.take();
  });
});
