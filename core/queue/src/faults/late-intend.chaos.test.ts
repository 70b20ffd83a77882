import { type TestRedis, startRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wakeAfterReap } from '../__fixtures__/zombie.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('a node that was frozen between its claim and its intent, until its lease was over', () => {
  it('is refused, fails nothing, and takes the part up again like anybody else', async () => {
    const { stillFrozen, part, runs } = await wakeAfterReap(redis);
    expect(stillFrozen, 'the fault fired, and lasted').toBe(true);
    expect(part).toMatchObject({ state: 'running', runId: 'run0', attempt: 1 });
    expect(part?.failure).toBeUndefined();
    expect(runs).toBe(1);
  }, 90_000);
});
