import type { StopReason, SupervisedEnd } from '@slowlane/contracts';
import { formatBytes, formatDuration } from '@slowlane/kit';
import type { RunRecord, TaskRecord } from './run-record.ts';
import type { CancelCause, Outcome } from './states.ts';

export interface EndContext {
  cancelCause: CancelCause | null;
  /** When the cancel was written down, epoch milliseconds. */
  cancelledAt: number | null;
  /** The sandbox's memory limit. */
  memoryBytes: number;
  /** What the program's own runner said about libraries that could not be installed. */
  libraryFailure?: string | undefined;
}

/** How a task run ended, from the supervisor's record: the only source of truth about it. */
export function outcomeOf(end: SupervisedEnd, context: EndContext): Outcome {
  if (context.cancelCause !== null && end.endedAt >= (context.cancelledAt ?? 0)) return cancelled(context.cancelCause);
  // A program that went on after the kernel ended one of its helpers, and exits with 0, has done its work.
  if ((end.reason === 'exit' || end.reason === 'oom') && end.code === 0) return success;
  const explain = explanations[end.reason];
  if (typeof explain !== 'function') return explain;
  // Only the kernel's counter tells: a Python worker that was killed for memory leaves a driver that exits with 1.
  if (end.usage.oomKills > 0) return explanations.oom(end, context);
  return explain(end, context);
}

/** The outcome of a run that was ended on purpose. */
export function cancelled(cause: CancelCause): Outcome {
  return cause === 'user' ? canceled : timedOut;
}

/** The supervisor is gone and left no record: nobody knows how the program ended. */
export const vanished: Outcome = {
  result: 'FAILED',
  code: 'DRIVER_ERROR',
  type: 'INTERNAL_ERROR',
  message:
    'The supervisor of the driver disappeared without a record of the end (the machine may have been restarted).',
};

/** The run could not be started, or its end not be read, for a reason of the workspace's own. */
export function internalError(message: string): Outcome {
  return { result: 'FAILED', code: 'INTERNAL_ERROR', type: 'INTERNAL_ERROR', message };
}

/** A fault of the run's settings or program. */
export function clientError(code: Outcome['code'], message: string): Outcome {
  return { result: 'FAILED', code, type: 'CLIENT_ERROR', message };
}

/** The outcome of a job run from those of its tasks; all of them have ended. */
export function jobOutcome(run: RunRecord, tasks: readonly TaskRecord[]): Outcome {
  const outcomes = tasks.map((task) => ({ key: task.taskKey, outcome: task.outcome as Outcome }));
  if (
    run.cancelCause !== null &&
    outcomes.some(({ outcome }) => outcome.result === cancelled(run.cancelCause as CancelCause).result)
  ) {
    return cancelled(run.cancelCause);
  }
  const worst =
    outcomes.find(({ outcome }) => outcome.type === 'INTERNAL_ERROR') ??
    outcomes.find(({ outcome }) => isOwnFault(outcome));
  if (worst === undefined) return success;
  if (worst.outcome.type !== 'INTERNAL_ERROR' && leavesSucceeded(run, tasks)) return withFailures(worst.key);
  if (tasks.length === 1 && worst.outcome.result !== 'FAILED') return worst.outcome;
  return {
    ...worst.outcome,
    result: 'FAILED',
    message: `Task ${worst.key} failed with message: ${worst.outcome.message}`,
  };
}

/**
 * The last tasks of a graph decide about the run: a failure that a later task has dealt with is not its failure.
 *
 * @see https://docs.databricks.com/jobs/run-if.html
 */
function leavesSucceeded(run: RunRecord, tasks: readonly TaskRecord[]): boolean {
  const upstream = new Set(run.settings.tasks.flatMap((task) => (task.depends_on ?? []).map((one) => one.task_key)));
  const results = tasks.filter((task) => !upstream.has(task.taskKey)).map((task) => task.outcome?.result ?? '');
  return results.includes('SUCCESS') && results.every((result) => result === 'SUCCESS' || isNeutral(result));
}

function isNeutral(result: string): boolean {
  return result === 'EXCLUDED' || result === 'DISABLED';
}

function withFailures(key: string): Outcome {
  const name = 'SUCCESS_WITH_FAILURES';
  return { result: name, code: name, type: 'SUCCESS', message: `The run succeeded, but its task ${key} failed.` };
}

function isOwnFault(outcome: Outcome): boolean {
  return outcome.result === 'FAILED' || outcome.result === 'TIMEDOUT' || outcome.result === 'CANCELED';
}

const success: Outcome = { result: 'SUCCESS', code: 'SUCCESS', type: 'SUCCESS', message: '' };
const canceled: Outcome = {
  result: 'CANCELED',
  code: 'USER_CANCELED',
  type: 'CLIENT_ERROR',
  message: 'Run cancelled.',
};
const timedOut: Outcome = {
  result: 'TIMEDOUT',
  code: 'CANCELED',
  type: 'CLIENT_ERROR',
  message: 'The run was ended because it reached its time limit.',
};

type Explanation = Outcome | ((end: SupervisedEnd, context: EndContext) => Outcome);

const explanations = {
  exit: (end, context) => failed(context.libraryFailure, `The driver exited with code ${end.code}.`),
  signal: (end) => clientError('RUN_EXECUTION_ERROR', `The driver was ended by signal ${end.signal ?? 'unknown'}.`),
  timeout: timedOut,
  idle: timedOut,
  oom: (end, context) =>
    clientError(
      'RUN_EXECUTION_ERROR',
      `The driver ran out of memory: the kernel ended a process at the limit of ${formatBytes(context.memoryBytes)} ` +
        `(after ${formatDuration(end.usage.wallMs)}).`,
    ),
  pids: (end) => limitReached('processes and threads', end),
  disk: (end) => limitReached('disk space', end),
  output: (end) => limitReached('output', end),
  cancelled: { ...canceled, code: 'CANCELED', message: 'The driver was ended from outside.' },
  'driver-lost': vanished,
} satisfies Record<StopReason, Explanation>;

function failed(libraryFailure: string | undefined, message: string): Outcome {
  if (libraryFailure !== undefined) return clientError('LIBRARY_INSTALLATION_ERROR', libraryFailure);
  return { ...clientError('RUN_EXECUTION_ERROR', `${message} See the run output for details.`), byProgram: true };
}

function limitReached(what: string, end: SupervisedEnd): Outcome {
  return clientError(
    'RUN_EXECUTION_ERROR',
    `The driver reached its limit of ${what} after ${formatDuration(end.usage.wallMs)}.`,
  );
}
