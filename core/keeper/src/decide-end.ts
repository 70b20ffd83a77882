import type { RunEnd } from '@slowlane/databricks';

export interface EndedAttempt {
  outcome: RunEnd;
  /** 1 = the first. */
  attempt: number;
  /** `job.retries` of the registration. */
  retries: number;
  cancelRequested: boolean;
  /** Since the part got its slot. */
  heldMs: number;
}

export type EndDecision =
  { then: 'release'; state: 'succeeded' | 'failed' | 'timed-out' | 'cancelled' } | { then: 'retry'; delayMs: number };

/** A workspace that skips a run for so long is broken, and the part must not hold its slot for ever. */
const skipLimitMs = 24 * 3_600_000;

/**
 * What becomes of a part whose run has ended. `job.retries` is for runs that failed or that the platform let down; a time limit would be met again, a
 * cancel was meant, and an outcome that nobody knows is not tried again on a guess. A skipped run never ran: the part keeps its slot and
 * gets another attempt, whatever `retries` says.
 */
export function decideEnd({ outcome, attempt, retries, cancelRequested, heldMs }: EndedAttempt): EndDecision {
  const state = stateOf[outcome];
  if (cancelRequested) return { then: 'release', state: outcome === 'skipped' ? 'cancelled' : state };
  if (outcome === 'skipped' && heldMs < skipLimitMs) return { then: 'retry', delayMs: backOffMs(attempt, 5_000) };
  const isWorthIt = outcome === 'failed' || outcome === 'platform';
  if (isWorthIt && attempt <= retries) return { then: 'retry', delayMs: backOffMs(attempt, 2_000) };
  return { then: 'release', state };
}

const stateOf: Record<RunEnd, 'succeeded' | 'failed' | 'timed-out' | 'cancelled'> = {
  succeeded: 'succeeded',
  failed: 'failed',
  'timed-out': 'timed-out',
  cancelled: 'cancelled',
  skipped: 'failed',
  platform: 'failed',
  unknown: 'failed',
};

function backOffMs(attempt: number, firstMs: number): number {
  return Math.min(60_000, firstMs * 2 ** Math.min(attempt - 1, 10));
}
