import { expect, it } from 'vitest';
import { waitLines } from './wait-text.ts';

it('names the clusters of a pool that a part waits for with its slot, and who has them', () => {
  const lines = waitLines({
    ...{ dimension: 'cluster:warm', reason: 'all 1 clusters of pool "warm" are taken', limit: 1, inUse: 1 },
    ...{ parkedAt: 0, holders: [{ part: 'req_A-0', request: 'req_A', run: '7', weight: 1, grantedAt: 0 }] },
  });
  expect(lines).toEqual([
    'has its slot and waits for cluster:warm: all 1 clusters of pool "warm" are taken (1 of 1 clusters)',
    'held by req_A-0 (run 7), 1, since 1970-01-01T00:00:00.000Z',
  ]);
});

it('names the interface of the workspace, and when it is tried again', () => {
  const wait = { dimension: 'api:main', reason: 'slow down', parkedAt: 0, opensAt: 1_000 };
  expect(waitLines(wait)).toEqual([
    'has its slot and waits for api:main: slow down',
    'tried again at 1970-01-01T00:00:01.000Z',
  ]);
});
