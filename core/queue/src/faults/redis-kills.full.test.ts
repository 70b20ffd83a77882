import { type TestRedis, startRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killWhileAccepting } from '../__fixtures__/redis-kills.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('a Redis that is killed a hundred times', () => {
  it('has lost nothing that was acknowledged', async () => {
    const outcome = await killWhileAccepting(redis, 100);
    console.log(`${outcome.acknowledged} acknowledged, ${outcome.refused} refused, ${outcome.killed} kills`);
    expect(outcome).toMatchObject({ killed: 100, lost: [] });
    expect(outcome.refused, 'the kills were felt').toBeGreaterThan(0);
    expect(outcome.acknowledged).toBeGreaterThan(2_000);
  }, 600_000);
});
