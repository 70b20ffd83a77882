import { describe, expect, it } from 'vitest';
import { inTurns } from './in-turns.ts';

describe('inTurns', () => {
  it('runs at most so many at a time, in order, and goes on after a failure', async () => {
    const turn = inTurns(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const calls = [0, 1, 2, 3].map((number) =>
      turn(async () => {
        begun.push(number);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (number === 0) throw new Error('boom');
        return number;
      }).catch((error: Error) => error.message),
    );
    expect(begun).toEqual([0, 1]);
    ends[0]?.();
    expect(await calls[0]).toBe('boom');
    await expect.poll(() => begun).toEqual([0, 1, 2]);
    ends[1]?.();
    await expect.poll(() => begun).toEqual([0, 1, 2, 3]);
    ends.slice(2).forEach((end) => end());
    expect(await Promise.all(calls)).toEqual(['boom', 1, 2, 3]);
  });
});
