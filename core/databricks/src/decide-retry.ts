/** How one attempt failed. `unsent`: the connection was never made, so the workspace cannot have acted. `lost`: sent, and no whole answer came. */
export type AttemptFailure =
  | { how: 'unsent' }
  | { how: 'lost' }
  | {
      how: 'answered';
      status: number;
      throttled: boolean;
      /** The answer's own words say that it may go better later. */
      temporary?: boolean;
      retryAfterMs: number | undefined;
    };

export interface RetryState {
  /** 1 = the first attempt has just failed. */
  attempt: number;
  elapsedMs: number;
  budgetMs: number;
  /** Doing it twice does no harm (a read, a delete, a call with a token). */
  repeatable: boolean;
  /** 0 to 1: spreads callers that failed together. */
  jitter: number;
}

export type RetryDecision = { retry: true; delayMs: number } | { retry: false };

/**
 * 429 and 503: always, when the workspace says so. Never sent: always. A lost answer, 502, 504 or words like "try again later": only what may
 * be repeated. A plain 500 and all else: never. Nothing is repeated beyond the budget.
 */
export function decideRetry(failure: AttemptFailure, state: RetryState): RetryDecision {
  if (!isWorthIt(failure, state.repeatable)) return { retry: false };
  const asked = failure.how === 'answered' ? failure.retryAfterMs : undefined;
  const backOffMs = Math.min(10_000, 250 * 2 ** state.attempt);
  const delayMs = (asked ?? backOffMs) + state.jitter * Math.min(1_000, backOffMs);
  return state.elapsedMs + delayMs > state.budgetMs ? { retry: false } : { retry: true, delayMs };
}

function isWorthIt(failure: AttemptFailure, repeatable: boolean): boolean {
  if (failure.how === 'unsent') return true;
  if (failure.how === 'lost') return repeatable;
  if (failure.throttled || failure.status === 503) return true;
  return repeatable && (failure.temporary === true || failure.status === 502 || failure.status === 504);
}
