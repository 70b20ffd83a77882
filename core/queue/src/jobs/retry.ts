import type { Failure } from '@slowlane/contracts';

export interface RetryPolicy {
  /** Tries altogether. */
  attempts: number;
  firstMs: number;
  capMs: number;
}

export type RetryOutcome = { kind: 'retry'; delayMs: number } | { kind: 'give-up' };

/** What follows the failure of try `attempt` (from 1): only temporary failures are repeated, each time after twice the pause. */
export function afterFailure(failure: Failure, attempt: number, policy: RetryPolicy): RetryOutcome {
  if (failure.kind !== 'temporary' || attempt >= policy.attempts) return { kind: 'give-up' };
  return { kind: 'retry', delayMs: Math.min(policy.capMs, policy.firstMs * 2 ** Math.min(attempt - 1, 30)) };
}
