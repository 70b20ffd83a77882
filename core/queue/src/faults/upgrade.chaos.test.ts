import { join } from 'node:path';
import { type TestRedis, startRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changedSince, earlierScripts } from '../__fixtures__/earlier-scripts.ts';
import { scriptsThatFreeAtTheEndOfALease } from '../__fixtures__/freeing-scripts.ts';
import { points, storm } from '../__fixtures__/storm.ts';
import { loadScripts, scriptFolder } from '../redis/scripts.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('nodes of two releases on one Redis', () => {
  it('keep every promise together while both kinds are killed in the middle of submissions', async () => {
    const earlier = earlierScripts(join(redis.dir, 'earlier'));
    expect(changedSince(), 'the earlier texts are other texts').not.toEqual([]);
    const settings = { leaseMs: 400, patienceMs: 1_000 };
    expect(loadScripts(earlier, settings)['end-request'].sha).not.toBe(
      loadScripts(scriptFolder, settings)['end-request'].sha,
    );
    const { ends, ids, parts, workspace, kills, left } = await storm(redis, {
      requests: 60,
      folders: [earlier, scriptFolder],
      deaths: [...points],
      runMs: 200,
    });
    expect(kills, 'every fault fired').toBe(points.length);
    expect(ends.map(({ subject }) => subject.request).sort()).toEqual([...ids].sort());
    expect(workspace.runs.size).toBe(parts);
    expect(workspace.overLimit()).toEqual([]);
    expect(left).toEqual({});
  });

  it('would pass a limit if one of the two freed a slot at the end of a lease', async () => {
    const { workspace } = await storm(redis, {
      requests: 60,
      folders: [scriptsThatFreeAtTheEndOfALease(join(redis.dir, 'mutant')), scriptFolder],
      deaths: Array.from({ length: 30 }, () => 'called'),
      runMs: 2_000,
      stopAt: ({ overLimit }) => overLimit().length > 0,
    });
    expect(workspace.overLimit()).not.toEqual([]);
  });
});
