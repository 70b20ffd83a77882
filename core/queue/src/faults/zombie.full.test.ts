import { type TestRedis, startRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wakeZombie } from '../__fixtures__/zombie.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('a node that was frozen for a minute', () => {
  it('is refused by the fence when it wakes and wants to bind its run, which the other has bound', async () => {
    const { stillFrozen, zombie, heir, part, runs, repeated } = await wakeZombie(redis, 60_000);
    expect(stillFrozen, 'the fault fired, and lasted').toBe(true);
    expect(heir).toEqual([expect.stringMatching(/^bound run0 fence [2-9]$/)]);
    expect(zombie).toBe('refused run0 fence 1');
    expect(part).toMatchObject({ state: 'running', runId: 'run0', attempt: 1 });
    expect(runs, 'one run').toHaveLength(1);
    expect(repeated, 'asked for again with the same token').toBeGreaterThan(0);
  }, 180_000);
});
