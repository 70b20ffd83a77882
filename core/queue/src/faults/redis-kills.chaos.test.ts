import { type TestRedis, startRedis } from '@slowlane/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { killWhileAccepting } from '../__fixtures__/redis-kills.ts';

let redis: TestRedis;
afterEach(() => redis.stop());

describe('a Redis that is killed again and again', () => {
  it('has lost nothing that was acknowledged', async () => {
    redis = await startRedis();
    const outcome = await killWhileAccepting(redis, 4);
    expect(outcome).toMatchObject({ killed: 4, lost: [] });
    expect(outcome.refused, 'the kills were felt').toBeGreaterThan(0);
  }, 90_000);

  it('would lose some without its log', async () => {
    redis = await startRedis({ args: ['--appendonly', 'no'] });
    const outcome = await killWhileAccepting(redis, 1);
    expect(outcome.lost).not.toEqual([]);
  }, 90_000);
});
