import { type RunRecord, settingsOf, type TaskRecord } from './run-record.ts';
import type { Outcome } from './states.ts';

/** The record of another attempt at a task, not started yet. */
export function nextAttempt(
  task: TaskRecord,
  changes: Pick<TaskRecord, 'runId' | 'acceptedAt' | 'phase'> & Partial<TaskRecord>,
): TaskRecord {
  return {
    ...task,
    startAttempt: 0,
    startedAt: null,
    endedAt: null,
    cancelCause: null,
    cancelledAt: null,
    outcome: null,
    superseded: null,
    notBefore: null,
    lostOutcome: null,
    attempt: (task.attempt ?? 0) + 1,
    originalRunId: task.originalRunId ?? task.runId,
    ...changes,
  };
}

/**
 * When a failed task is tried again by itself: milliseconds to wait, or `undefined` for never. One-time runs are not repeated.
 *
 * @see https://docs.databricks.com/api/workspace/jobs/create (max_retries, retry_on_timeout)
 */
export function retryDelay(run: RunRecord, task: TaskRecord, outcome: Outcome): number | undefined {
  const settings = settingsOf(run, task);
  const most = settings.max_retries ?? 0;
  const isRetried =
    outcome.result === 'FAILED' || (outcome.result === 'TIMEDOUT' && settings.retry_on_timeout === true);
  if (!isRetried || run.runType !== 'JOB_RUN' || run.cancelCause !== null || task.cancelCause === 'user')
    return undefined;
  if (most !== -1 && (task.retries ?? 0) >= most) return undefined;
  return settings.min_retry_interval_millis ?? 0;
}
