import type { RunEnd } from '@slowlane/databricks';
import { type EndRule, endRules } from './outcomes.ts';

export interface EndedAttempt {
  outcome: RunEnd;
  /** 1 = the first. */
  attempt: number;
  /** Earlier attempts that the policy does not count: the workspace skipped them. */
  uncounted?: number | undefined;
  /** `job.retries` of the registration. */
  retries: number;
  cancelRequested: boolean;
  /** Since the part got its slot. */
  heldMs: number;
}

export type EndDecision =
  { then: 'release'; state: EndRule['state'] } | { then: 'retry'; delayMs: number; isCounted: boolean };

/** A workspace that skips a run for so long is broken, and the part must not hold its slot for ever. */
const skipLimitMs = 24 * 3_600_000;

/** What becomes of a part whose run has ended, by `endRules`. A cancel that was asked for ends it, however the run ended. */
export function decideEnd(ended: EndedAttempt): EndDecision {
  const { outcome, attempt, uncounted = 0, retries, cancelRequested, heldMs } = ended;
  const { state, again } = endRules[outcome];
  if (cancelRequested) return { then: 'release', state: again === 'uncounted' ? 'cancelled' : state };
  if (again === 'uncounted' && heldMs < skipLimitMs)
    return { then: 'retry', delayMs: backOffMs(attempt, 5_000), isCounted: false };
  const counted = attempt - uncounted;
  if (again === 'policy' && counted <= retries)
    return { then: 'retry', delayMs: backOffMs(counted, 2_000), isCounted: true };
  return { then: 'release', state };
}

function backOffMs(attempt: number, firstMs: number): number {
  return Math.min(60_000, firstMs * 2 ** Math.min(attempt - 1, 10));
}
