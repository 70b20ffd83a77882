import { describe, expect, it } from 'vitest';
import { pollIntervalMs } from './poll-interval.ts';
import { defaultPoll } from './poll-settings.ts';

describe('pollIntervalMs', () => {
  it('grows with the age of the run, within the bounds', () => {
    const ages = [0, 1_000, 2_500, 60_000, 300_000, 36_000_000];
    expect(ages.map((age) => pollIntervalMs(defaultPoll, 'prod', age))).toEqual([250, 250, 250, 6_000, 30_000, 30_000]);
  });

  it('takes the bounds of a workspace that has its own', () => {
    const poll = { ...defaultPoll, byWorkspace: { local: { minMs: 100, maxMs: 1_000 } } };
    expect(pollIntervalMs(poll, 'local', 60_000)).toBe(1_000);
    expect(pollIntervalMs(poll, 'prod', 60_000)).toBe(6_000);
  });
});
