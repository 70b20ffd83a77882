import type { ErrorCode, SlowLaneError } from '@slowlane/contracts';
import type { RunEnd } from '@slowlane/databricks';

/** How a call to a workspace failed, as far as it matters here. */
export type Answer = 'lost' | 'timeout' | 'throttled' | 'credentials' | 'run-limit' | 'refused' | 'gone' | 'ours';

/**
 * `same-token`: sent again at once with the same token, then postponed. `postpone`: the part keeps slot, attempt and token, and is submitted
 * later. `fail`: no run, the part has failed; unless an earlier call may have arrived: then the list of runs decides, and without a run there
 * the part keeps its slot until a person decides. `throw`: not about the workspace; the queue job is repeated.
 */
export type SubmitThen = 'same-token' | 'postpone' | 'fail' | 'throw';

export interface AnswerRule {
  submit: SubmitThen;
  /** What a failed poll of a running part means; `gone` after a time of grace only. */
  poll: 'watch' | 'gone';
  /** Speaks against the workspace as a whole: the circuit breaker counts it. */
  breaks: boolean;
}

/** One outcome for each way a call can fail; none of them counts as an attempt of the job's policy. */
export const answerRules: Record<Answer, AnswerRule> = {
  lost: { submit: 'same-token', poll: 'watch', breaks: true },
  timeout: { submit: 'same-token', poll: 'watch', breaks: true },
  throttled: { submit: 'postpone', poll: 'watch', breaks: false },
  // People put credentials and certificates right, so an accepted request outlives them like an outage.
  credentials: { submit: 'postpone', poll: 'watch', breaks: true },
  'run-limit': { submit: 'postpone', poll: 'watch', breaks: false },
  refused: { submit: 'fail', poll: 'watch', breaks: false },
  gone: { submit: 'fail', poll: 'gone', breaks: false },
  ours: { submit: 'throw', poll: 'watch', breaks: false },
};

/** `workspace.unavailable` is a lost reply, a connection that was never made, and every 5xx. */
const answerByCode: Partial<Record<ErrorCode, Answer>> = {
  'workspace.unavailable': 'lost',
  'workspace.timeout': 'timeout',
  'workspace.throttled': 'throttled',
  'workspace.unauthenticated': 'credentials',
  'workspace.untrusted': 'credentials',
  'workspace.rejected': 'refused',
  'workspace.not-found': 'gone',
};

/** The vendor's words for a limit that has room later, when they come with another status than 429. */
const runLimits: ReadonlySet<unknown> = new Set([
  'QUOTA_EXCEEDED',
  'REQUEST_LIMIT_EXCEEDED',
  'RESOURCE_EXHAUSTED',
  'MAXIMUM_CONCURRENT_RUNS_REACHED',
  'MAX_CONCURRENT_RUNS_EXCEEDED',
  'TEMPORARILY_UNAVAILABLE',
]);

export function answerOf(error: SlowLaneError): Answer {
  if (error.code === 'workspace.rejected' && runLimits.has(error.data?.['errorCode'])) return 'run-limit';
  return answerByCode[error.code] ?? 'ours';
}

export function ruleOf(error: SlowLaneError): AnswerRule {
  return answerRules[answerOf(error)];
}

export interface EndRule {
  state: 'succeeded' | 'failed' | 'timed-out' | 'cancelled';
  /** `policy`: as often as `job.retries` says. `uncounted`: another attempt that the policy does not count, for at most a day. */
  again: 'never' | 'policy' | 'uncounted';
  /** Code and words of the failure. */
  code: ErrorCode;
  words: string;
}

/**
 * One outcome for each way a run can end. A time limit would be met again, a cancel was meant, and an outcome that nobody knows is not tried
 * again on a guess. A skipped run never ran.
 */
export const endRules: Record<RunEnd, EndRule> = {
  succeeded: { state: 'succeeded', again: 'never', code: 'run.failed', words: 'succeeded' },
  failed: { state: 'failed', again: 'policy', code: 'run.failed', words: 'failed' },
  'timed-out': { state: 'timed-out', again: 'never', code: 'run.timeout', words: 'reached its time limit' },
  cancelled: { state: 'cancelled', again: 'never', code: 'run.cancelled', words: 'was cancelled' },
  skipped: { state: 'failed', again: 'uncounted', code: 'run.platform', words: 'was not started by the workspace' },
  platform: { state: 'failed', again: 'policy', code: 'run.platform', words: 'was let down by the workspace' },
  unknown: { state: 'failed', again: 'never', code: 'run.unknown-outcome', words: 'ended in a way that is not known' },
};
