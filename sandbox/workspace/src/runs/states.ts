/** Where a job run or task run is. `starting` = its start is written down, and the supervisor may or may not run yet. */
export type Phase = 'queued' | 'blocked' | 'waiting' | 'pending' | 'starting' | 'running' | 'terminating' | 'ended';

export type ResultState =
  | 'SUCCESS'
  | 'SUCCESS_WITH_FAILURES'
  | 'FAILED'
  | 'TIMEDOUT'
  | 'CANCELED'
  | 'MAXIMUM_CONCURRENT_RUNS_REACHED'
  | 'EXCLUDED'
  | 'UPSTREAM_FAILED'
  | 'UPSTREAM_CANCELED'
  | 'DISABLED';

export type TerminationCode =
  | 'SUCCESS'
  | 'SUCCESS_WITH_FAILURES'
  | 'USER_CANCELED'
  | 'CANCELED'
  | 'SKIPPED'
  | 'DISABLED'
  | 'RUN_EXECUTION_ERROR'
  | 'LIBRARY_INSTALLATION_ERROR'
  | 'RESOURCE_NOT_FOUND'
  | 'UNAUTHORIZED_ERROR'
  | 'INVALID_RUN_CONFIGURATION'
  | 'MAX_CONCURRENT_RUNS_EXCEEDED'
  | 'WORKSPACE_RUN_LIMIT_EXCEEDED'
  | 'INVALID_CLUSTER_REQUEST'
  | 'CLUSTER_ERROR'
  | 'CLUSTER_TERMINATED_BY_USER'
  | 'DRIVER_ERROR'
  | 'INTERNAL_ERROR';

/** How a run ended, for both state models: `result` is the legacy `result_state`, the rest `termination_details`. */
export interface Outcome {
  result: ResultState;
  code: TerminationCode;
  type: 'SUCCESS' | 'CLIENT_ERROR' | 'INTERNAL_ERROR';
  message: string;
  /** The program ended itself, so its own words (an exception) explain more than the message. */
  byProgram?: true;
  /** What a condition task found. */
  condition?: 'true' | 'false';
}

export type QueueCode =
  'MAX_CONCURRENT_RUNS_REACHED' | 'ACTIVE_RUNS_LIMIT_REACHED' | 'ACTIVE_RUN_JOB_TASKS_LIMIT_REACHED';
export type CancelCause = 'user' | 'timeout';

const lifeCycleStates: Record<Exclude<Phase, 'ended'>, string> = {
  queued: 'QUEUED',
  blocked: 'BLOCKED',
  waiting: 'WAITING_FOR_RETRY',
  pending: 'PENDING',
  starting: 'PENDING',
  running: 'RUNNING',
  terminating: 'TERMINATING',
};

/** Both names of a state at once: `life_cycle_state` of the legacy model and `state` of the current one. */
export function stateNames(
  phase: Phase,
  outcome: Outcome | null,
  isJobRun: boolean,
): { legacy: string; current: string } {
  if (phase !== 'ended')
    return { legacy: lifeCycleStates[phase], current: phase === 'waiting' ? 'WAITING' : lifeCycleStates[phase] };
  return { legacy: outcome === null ? 'INTERNAL_ERROR' : endedName(outcome, isJobRun), current: 'TERMINATED' };
}

/** A job run with a failed task shows INTERNAL_ERROR in the legacy model although its task shows TERMINATED. */
function endedName(outcome: Outcome, isJobRun: boolean): string {
  if (outcome.result === 'MAXIMUM_CONCURRENT_RUNS_REACHED') return 'SKIPPED';
  if (outcome.type === 'INTERNAL_ERROR') return 'INTERNAL_ERROR';
  return isJobRun && outcome.result === 'FAILED' ? 'INTERNAL_ERROR' : 'TERMINATED';
}
