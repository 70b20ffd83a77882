import { join } from 'node:path';
import { type TestRedis, startRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptsThatFreeAtTheEndOfALease } from '../__fixtures__/freeing-scripts.ts';
import { points, storm } from '../__fixtures__/storm.ts';
import { scriptFolder } from '../redis/scripts.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const twice = <T>(list: T[]): T[] => [...list, ...list];

describe('nodes that are killed in the middle of submissions', () => {
  it('lose no request, run no part twice, pass no limit and leak no slot, a kill of Redis included', async () => {
    const { ends, ids, parts, workspace, kills, left } = await storm(redis, {
      requests: 60,
      folders: [scriptFolder],
      deaths: twice([...points]),
      runMs: 200,
      killRedis: true,
    });
    expect(kills, 'every fault fired').toBe(2 * points.length);
    expect(workspace.repeated(), 'a repeated call was absorbed by its token').toBeGreaterThan(0);
    expect(ends.map(({ subject }) => subject.request).sort()).toEqual([...ids].sort());
    expect(workspace.runs.size).toBe(parts);
    expect(workspace.overLimit()).toEqual([]);
    expect(left).toEqual({});
    for (const dimension of ['op:o0', 'pool:p1', 'res:erp'])
      expect(workspace.peaks[dimension], `${dimension} came near its limit`).toBeGreaterThanOrEqual(2);
  });

  it('would pass a limit if the end of a lease freed the slot', async () => {
    const folder = scriptsThatFreeAtTheEndOfALease(join(redis.dir, 'mutant'));
    const { workspace } = await storm(redis, {
      requests: 60,
      folders: [folder],
      deaths: Array.from({ length: 30 }, () => 'called'),
      runMs: 2_000,
      stopAt: ({ overLimit }) => overLimit().length > 0,
    });
    expect(workspace.overLimit()).not.toEqual([]);
  });
});
