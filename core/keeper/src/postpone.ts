import type { SlowLaneError } from '@slowlane/contracts';

const shortestMs = 1_000;
const longestMs = 60_000;

/**
 * How long a part waits, with its slot, before its submission is tried again: as `Retry-After` says, else longer the longer it has been tried
 * (a quarter of the time since its grant, 1 to 60 s), so that nobody has to count.
 */
export function postponeMs(error: SlowLaneError, triedForMs: number): number {
  const asked = error.data?.['retryAfterMs'];
  if (typeof asked === 'number') return Math.max(asked, 100);
  return Math.min(longestMs, Math.max(shortestMs, triedForMs / 4));
}
