import type { PartRecord } from '@slowlane/contracts';
import { createMemoryLogger } from '@slowlane/testkit';
import { expect, it } from 'vitest';
import type { KeeperDeps } from './keeper-deps.ts';
import type { Facts } from './part-facts.ts';
import { createProgressWatch } from './watch-progress.ts';

/** Every second each of `count` running parts comes by, as at its poll. Returns who was looked at, by second. */
async function watchFor(seconds: number, count: number): Promise<string[][]> {
  let now = 1_000_000;
  let looked: string[] = [];
  const deps = {
    clock: { now: () => now },
    logger: createMemoryLogger(),
    workspace: () => ({
      files: {
        async head(path: string) {
          looked.push(/parts\/([^/]+)\//.exec(path)?.[1] ?? path);
          return undefined;
        },
      },
    }),
  } as unknown as KeeperDeps;
  const facts = { pin: { workspace: 'main' }, resultPath: '/Volumes/main/r' } as unknown as Facts;
  const submittedAt = now;
  const parts = Array.from(
    { length: count },
    (_, index) => ({ id: `p${index}`, key: `p${index}`, attempt: 1, submittedAt }) as PartRecord,
  );
  const watch = createProgressWatch();
  const perSecond: string[][] = [];
  for (let second = 0; second < seconds; second++) {
    now += 1_000;
    looked = [];
    for (const part of parts) await watch.lookInTurn(deps, part, { facts, watched: count });
    perSecond.push(looked);
  }
  return perSecond;
}

it('looks at no more than five runs in a second, however many there are', async () => {
  for (const count of [60, 1_000]) {
    const perSecond = await watchFor(300, count);
    expect(Math.max(...perSecond.map(({ length }) => length))).toBeLessThanOrEqual(5);
    expect(perSecond.flat().length).toBeGreaterThan(300);
  }
});

it('comes to every run in turn: none twice before another has had its first', async () => {
  const order = (await watchFor(300, 200)).flat();
  const first = order.slice(0, 200);
  expect(new Set(first).size).toBe(200);
  const times = new Map<string, number>();
  for (const part of order) times.set(part, (times.get(part) ?? 0) + 1);
  expect(Math.max(...times.values()) - Math.min(...times.values())).toBeLessThanOrEqual(1);
});
