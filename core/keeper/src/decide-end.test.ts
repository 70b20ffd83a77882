import type { RunEnd } from '@slowlane/databricks';
import { describe, expect, it } from 'vitest';
import { type EndedAttempt, decideEnd } from './decide-end.ts';

const ended: EndedAttempt = { outcome: 'failed', attempt: 1, retries: 0, cancelRequested: false, heldMs: 1_000 };

describe('decideEnd', () => {
  it.each<[RunEnd, string]>([
    ['succeeded', 'release'],
    ['failed', 'retry'],
    ['platform', 'retry'],
    ['timed-out', 'release'],
    ['cancelled', 'release'],
    ['unknown', 'release'],
    ['skipped', 'retry'],
  ])('with retries left, %s leads to %s', (outcome, then) => {
    expect(decideEnd({ ...ended, outcome, retries: 1 }).then).toBe(then);
  });

  it('gives as many further attempts as the job says', () => {
    expect(decideEnd({ ...ended, retries: 2, attempt: 2 })).toEqual({ then: 'retry', delayMs: 4_000, isCounted: true });
    expect(decideEnd({ ...ended, retries: 2, attempt: 3 })).toEqual({ then: 'release', state: 'failed' });
  });

  it('never tries again what was asked to be cancelled', () => {
    expect(decideEnd({ ...ended, retries: 5, cancelRequested: true })).toEqual({ then: 'release', state: 'failed' });
    expect(decideEnd({ ...ended, outcome: 'skipped', cancelRequested: true })).toEqual({
      then: 'release',
      state: 'cancelled',
    });
    expect(decideEnd({ ...ended, outcome: 'succeeded', cancelRequested: true })).toEqual({
      then: 'release',
      state: 'succeeded',
    });
  });

  it('gives up on a workspace that skips for a day', () => {
    expect(decideEnd({ ...ended, outcome: 'skipped', heldMs: 25 * 3_600_000 })).toEqual({
      then: 'release',
      state: 'failed',
    });
  });
});
