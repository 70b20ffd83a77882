import * as testkit from '@slowlane/testkit';
import { expect, it, vi } from 'vitest';
import { watchMany } from './watching-many.ts';

it('asks no more for four times as many runs while none of them ends', async () => {
  const asked: number[] = [];
  for (const count of [60, 240]) {
    const many = await watchMany(testkit, count, { minMs: 2, maxMs: 5, idleMs: 2, sweepAbove: 10, sweepMs: 5 });
    try {
      // Each is asked for once before the list can tell of it.
      await vi.waitFor(() => expect(many.calls('GET runs/get')).toBeGreaterThanOrEqual(count), { timeout: 20_000 });
      const lists = many.calls('GET runs/list');
      await vi.waitFor(() => expect(many.calls('GET runs/list')).toBeGreaterThan(lists + 20), { timeout: 20_000 });
      asked.push(many.calls('GET runs/get') - count);
    } finally {
      await many.close();
    }
  }
  // Those above the first ten may be asked for twice, while too few are known for a sweep.
  expect(asked[1]).toBeLessThanOrEqual((asked[0] as number) + 30);
}, 60_000);

it('finds all ends when more runs end at once than a sweep used to read', async () => {
  const many = await watchMany(testkit, 1_100, { minMs: 2, maxMs: 5, idleMs: 2, sweepAbove: 10, sweepMs: 5 });
  try {
    // Two whole sweeps of 25 runs a page: what one of them has seen under way is not asked for alone.
    await vi.waitFor(() => expect(many.calls('GET runs/list')).toBeGreaterThanOrEqual(88), { timeout: 30_000 });
    for (const run of many.workspace.runs) many.workspace.finish(run, { result: 'SUCCESS', code: 'SUCCESS' });
    await vi.waitFor(() => expect(many.lane.released).toHaveLength(1_100), { timeout: 40_000 });
  } finally {
    await many.close();
  }
}, 90_000);

it('goes on ending runs while the workspace takes its time over the list', async () => {
  const many = await watchMany(testkit, 60, { minMs: 2, maxMs: 5, idleMs: 2, sweepAbove: 10, sweepMs: 5 });
  try {
    await vi.waitFor(() => expect(many.calls('GET runs/list')).toBeGreaterThan(0), { timeout: 20_000 });
    // The next page never comes; a run that was asked to end is asked for by itself.
    many.workspace.chance = (kind) => (kind === 'runs/list' ? 'slow' : undefined);
    const lists = many.calls('GET runs/list');
    await vi.waitFor(() => expect(many.calls('GET runs/list')).toBeGreaterThan(lists), { timeout: 20_000 });
    await many.lane.cancel(many.requestIds[0] as string, 'me');
    await vi.waitFor(() => expect(many.calls('POST runs/cancel')).toBe(60), { timeout: 20_000 });
    const listsThen = many.calls('GET runs/list');
    for (const run of many.workspace.runs) many.workspace.finish(run, { result: 'CANCELED', code: 'USER_CANCELED' });
    await vi.waitFor(() => expect(many.lane.released).toHaveLength(60), { timeout: 20_000 });
    expect(many.calls('GET runs/list')).toBe(listsThen);
  } finally {
    await many.close();
  }
}, 60_000);
