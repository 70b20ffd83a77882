import { SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { postponeMs } from './postpone.ts';

describe('postponeMs', () => {
  it('does what Retry-After says', () => {
    expect(postponeMs(new SlowLaneError('workspace.throttled', 'x', { data: { retryAfterMs: 90_000 } }), 0)).toBe(
      90_000,
    );
  });

  it('waits longer the longer it has been tried, up to a minute', () => {
    const error = new SlowLaneError('workspace.unavailable', 'x');
    expect([0, 20_000, 3_600_000].map((triedForMs) => postponeMs(error, triedForMs))).toEqual([1_000, 5_000, 60_000]);
  });
});
