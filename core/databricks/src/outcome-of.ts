import type { Run } from './run.ts';

/** `skipped`: the workspace would not start it now, although it might later (a limit of runs): a matter for the gate, not a failure of the run. */
export type RunEnd = 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'skipped' | 'platform' | 'unknown';

export type RunOutcome = { ended: false; state: string } | { ended: true; outcome: RunEnd; message: string };

/**
 * What a run's state means, from both of the vendor's state models at once. Total: whatever comes that is not known ends as `unknown` with its own
 * words, never as success, and success needs that no model says otherwise.
 *
 * @see https://docs.databricks.com/api/workspace/jobs/getrun
 */
export function outcomeOf(run: Pick<Run, 'state' | 'status'>): RunOutcome {
  if (!hasEnded(run)) return { ended: false, state: stateName(run) };
  return { ended: true, outcome: endOf(run), message: messageOf(run) };
}

const endedByState: Record<string, boolean> = {
  QUEUED: false,
  PENDING: false,
  RUNNING: false,
  TERMINATING: false,
  BLOCKED: false,
  WAITING: false,
  TERMINATED: true,
};

const endedByLifeCycle: Record<string, boolean> = {
  QUEUED: false,
  PENDING: false,
  RUNNING: false,
  TERMINATING: false,
  BLOCKED: false,
  WAITING_FOR_RETRY: false,
  TERMINATED: true,
  SKIPPED: true,
  INTERNAL_ERROR: true,
};

/** The current model decides where it is known, else the legacy one. A state that neither knows may still change, so it has not ended. */
function hasEnded({ state, status }: Pick<Run, 'state' | 'status'>): boolean {
  return look(endedByState, status?.state) ?? look(endedByLifeCycle, state?.lifeCycleState) ?? false;
}

function stateName({ state, status }: Pick<Run, 'state' | 'status'>): string {
  return status?.state ?? state?.lifeCycleState ?? 'no state';
}

const endByCode: Record<string, RunEnd> = {
  SUCCESS: 'succeeded',
  SUCCESS_WITH_FAILURES: 'failed',
  USER_CANCELED: 'cancelled',
  CANCELED: 'cancelled',
  SKIPPED: 'skipped',
  DISABLED: 'cancelled',
  RUN_EXECUTION_ERROR: 'failed',
  INVALID_RUN_CONFIGURATION: 'failed',
  INVALID_CLUSTER_REQUEST: 'failed',
  LIBRARY_INSTALLATION_ERROR: 'failed',
  UNAUTHORIZED_ERROR: 'failed',
  RESOURCE_NOT_FOUND: 'failed',
  FEATURE_DISABLED: 'failed',
  REPOSITORY_CHECKOUT_FAILED: 'failed',
  BREAKING_CHANGE: 'failed',
  BUDGET_POLICY_LIMIT_EXCEEDED: 'failed',
  WORKSPACE_RUN_LIMIT_EXCEEDED: 'skipped',
  CLUSTER_REQUEST_LIMIT_EXCEEDED: 'skipped',
  MAX_CONCURRENT_RUNS_EXCEEDED: 'skipped',
  MAX_JOB_QUEUE_SIZE_EXCEEDED: 'skipped',
  MAX_SPARK_CONTEXTS_EXCEEDED: 'skipped',
  INTERNAL_ERROR: 'platform',
  DRIVER_ERROR: 'platform',
  CLUSTER_ERROR: 'platform',
  CLUSTER_TERMINATED_BY_USER: 'platform',
  STORAGE_ACCESS_ERROR: 'platform',
  CLOUD_FAILURE: 'platform',
};

const endByResult: Record<string, RunEnd> = {
  SUCCESS: 'succeeded',
  FAILED: 'failed',
  TIMEDOUT: 'timed-out',
  CANCELED: 'cancelled',
  MAXIMUM_CONCURRENT_RUNS_REACHED: 'skipped',
  EXCLUDED: 'cancelled',
  SUCCESS_WITH_FAILURES: 'failed',
  UPSTREAM_FAILED: 'failed',
  UPSTREAM_CANCELED: 'cancelled',
  DISABLED: 'cancelled',
};

function endOf({ state, status }: Pick<Run, 'state' | 'status'>): RunEnd {
  const code = status?.termination?.code;
  const result = state?.resultState;
  const byCode = code === undefined ? undefined : (look(endByCode, code) ?? 'unknown');
  const byResult = result === undefined ? undefined : (look(endByResult, result) ?? 'unknown');
  if (byCode !== undefined && byResult !== undefined) return reconcile(byCode, byResult);
  return byCode ?? byResult ?? look(endByLifeCycle, state?.lifeCycleState) ?? 'unknown';
}

/** The code is finer than the result, but only the result tells a time limit from a cancel. One that says success against the other is not believed. */
function reconcile(byCode: RunEnd, byResult: RunEnd): RunEnd {
  if (byCode === byResult) return byCode;
  if (byCode === 'succeeded' || byResult === 'succeeded') return 'unknown';
  if (byResult === 'timed-out' || byCode === 'unknown') return byResult;
  return byCode;
}

/** Only without any result: a run with one is judged by it, even where the legacy state says INTERNAL_ERROR. */
const endByLifeCycle: Record<string, RunEnd> = { SKIPPED: 'skipped', INTERNAL_ERROR: 'platform' };

function messageOf({ state, status }: Pick<Run, 'state' | 'status'>): string {
  const words = [status?.termination?.code, state?.lifeCycleState, state?.resultState];
  const labels = [...new Set(words.filter((word) => word !== undefined && word !== ''))].join(', ');
  const text = status?.termination?.message || state?.stateMessage || '';
  return text === '' ? labels || stateName({ state, status }) : `${text} (${labels})`;
}

/** Own keys only: the word comes from outside, and `constructor` is one that every object answers to. */
function look<T>(table: Record<string, T>, word: string | undefined): T | undefined {
  return word !== undefined && Object.hasOwn(table, word) ? table[word] : undefined;
}
