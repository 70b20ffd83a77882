import { describe, expect, it } from 'vitest';
import { joinedFolder, partPaths } from './result-paths.ts';

describe('partPaths', () => {
  it('gives each further attempt a result folder of its own, beside the same request document', () => {
    const base = '/Volumes/main/slowlane/results/req_1';
    expect([1, 2].map((attempt) => partPaths(base, 'EWR', attempt))).toEqual([
      { request: `${base}/parts/EWR/request.json`, result: `${base}/parts/EWR/result` },
      { request: `${base}/parts/EWR/request.json`, result: `${base}/parts/EWR/result-2` },
    ]);
    expect(joinedFolder(base)).toBe(`${base}/joined`);
  });
});
