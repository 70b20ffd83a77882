import { inTransaction } from '../store/database.ts';
import type { RunStore } from '../store/run-store.ts';
import type { Task } from '../jobs/schema.ts';
import type { DatabaseSync } from 'node:sqlite';
import { cancelled, clientError } from './outcome.ts';
import { type RunRecord, settingsOf, type TaskRecord } from './run-record.ts';
import type { Outcome } from './states.ts';

export interface CompositeOptions {
  database: DatabaseSync;
  runs: RunStore;
  now: () => number;
  /** Starts the run of a run_job task and writes whose child it is. Throws when it cannot be started. */
  startChild: (parent: RunRecord, task: TaskRecord, settings: NonNullable<Task['run_job_task']>) => void;
}

export interface Composite {
  /** Writes down that the task runs. An outcome ends it instead. */
  begin(run: RunRecord, task: TaskRecord, resolved: Task): Outcome | undefined;
  /** Starts iterations that have room; the outcome once everything below the task has ended. Asked after every change. */
  follow(run: RunRecord, task: TaskRecord): Outcome | undefined;
  /** Job runs and task runs that must end when the task does. */
  below(task: TaskRecord): number[];
}

/** The most iterations of one for-each task. */
const maxIterations = 5_000;

/** Tasks that have no program of their own, but runs below them. */
export function isComposite(run: RunRecord, task: TaskRecord): boolean {
  const settings = settingsOf(run, task);
  return settings.run_job_task !== undefined || settings.for_each_task !== undefined;
}

/** What is below is read from the database each time, so nothing is lost with the process. */
export function createComposite(options: CompositeOptions): Composite {
  const { runs, now } = options;
  return { begin, follow, below };

  function begin(run: RunRecord, task: TaskRecord, resolved: Task): Outcome | undefined {
    if (resolved.for_each_task !== undefined) return beginIterations(run, task, resolved.for_each_task.inputs);
    if (resolved.run_job_task === undefined) return undefined;
    try {
      // An earlier process may have come this far.
      if (runs.childOf(task.runId) === undefined) options.startChild(run, task, resolved.run_job_task);
    } catch (error) {
      const isDenied = (error as { status?: number }).status === 403;
      const code = isDenied ? 'UNAUTHORIZED_ERROR' : 'INVALID_RUN_CONFIGURATION';
      return clientError(code, (error as Error).message);
    }
    markRunning(run, task, {});
    return undefined;
  }

  function beginIterations(run: RunRecord, task: TaskRecord, text: string): Outcome | undefined {
    const inputs = inputsOf(text);
    if (typeof inputs === 'string') return clientError('INVALID_RUN_CONFIGURATION', inputs);
    markRunning(run, task, { input: JSON.stringify(inputs) });
    return undefined;
  }

  function markRunning(run: RunRecord, task: TaskRecord, changes: { input?: string }): void {
    inTransaction(options.database, () => {
      runs.updateTask(task.runId, { phase: 'running', startedAt: now(), ...changes });
      if (runs.get(run.runId)?.phase === 'pending') runs.update(run.runId, { phase: 'running', startedAt: now() });
    });
  }

  function follow(run: RunRecord, task: TaskRecord): Outcome | undefined {
    return settingsOf(run, task).for_each_task === undefined ? followChild(task) : followIterations(run, task);
  }

  function followChild(task: TaskRecord): Outcome | undefined {
    const child = runs.childOf(task.runId);
    if (child !== undefined && child.phase !== 'ended') return undefined;
    if (task.cancelCause !== null) return cancelled(task.cancelCause);
    const outcome = child?.outcome;
    if (outcome === undefined || outcome === null)
      return clientError('RUN_EXECUTION_ERROR', 'The run that the task had started was deleted.');
    if (outcome.result === 'SUCCESS') return outcome;
    if (outcome.result === 'SUCCESS_WITH_FAILURES') return { ...outcome, result: 'SUCCESS', code: 'SUCCESS' };
    return { ...outcome, result: 'FAILED', message: `Run ${child?.runId} failed with message: ${outcome.message}` };
  }

  function followIterations(run: RunRecord, task: TaskRecord): Outcome | undefined {
    const inputs = JSON.parse(task.input ?? '[]') as unknown[];
    const iterations = runs.iterationsOf(task.runId);
    const active = iterations.filter((one) => one.phase !== 'ended').length;
    const isStopped = task.cancelCause !== null || run.cancelCause !== null;
    if (isStopped) return active === 0 ? cancelled(task.cancelCause ?? run.cancelCause ?? 'user') : undefined;
    if (active === 0 && iterations.length === inputs.length) return iterationsOutcome(iterations);
    const room = (settingsOf(run, task).for_each_task?.concurrency ?? 1) - active;
    inTransaction(options.database, () => {
      for (let index = iterations.length; index < Math.min(inputs.length, iterations.length + room); index++)
        runs.insertTask(iteration(task, index, inputs[index]));
    });
    return undefined;
  }

  function iteration(task: TaskRecord, index: number, input: unknown): TaskRecord {
    return {
      runId: runs.newId(),
      jobRunId: task.jobRunId,
      position: task.position,
      taskKey: `${task.taskKey}_iteration_${index}`,
      phase: 'pending',
      startAttempt: 0,
      acceptedAt: now(),
      startedAt: null,
      endedAt: null,
      cancelCause: null,
      cancelledAt: null,
      outcome: null,
      repairId: task.repairId ?? null,
      parentRunId: task.runId,
      iteration: index,
      input: JSON.stringify(input),
    };
  }

  function below(task: TaskRecord): number[] {
    const child = runs.childOf(task.runId);
    const iterations = runs.iterationsOf(task.runId).filter((one) => one.phase !== 'ended');
    return [...(child === undefined ? [] : [child.runId]), ...iterations.map((one) => one.runId)];
  }
}

function iterationsOutcome(iterations: readonly TaskRecord[]): Outcome {
  const failed = iterations.filter((one) => one.outcome?.result !== 'SUCCESS');
  if (failed.length === 0) return { result: 'SUCCESS', code: 'SUCCESS', type: 'SUCCESS', message: '' };
  const first = failed[0];
  return clientError(
    'RUN_EXECUTION_ERROR',
    `${failed.length} of ${iterations.length} iterations failed; iteration ${first?.iteration}: ${first?.outcome?.message ?? ''}`,
  );
}

function inputsOf(text: string): unknown[] | string {
  let inputs: unknown;
  try {
    inputs = JSON.parse(text);
  } catch {
    return `The inputs of the for-each task are no JSON array: ${text.slice(0, 200)}`;
  }
  if (!Array.isArray(inputs)) return `The inputs of the for-each task are no JSON array: ${text.slice(0, 200)}`;
  if (inputs.length > maxIterations)
    return `The for-each task has ${inputs.length} inputs; ${maxIterations} are allowed.`;
  return inputs;
}
