import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '../store/database.ts';
import type { RunStore } from '../store/run-store.ts';
import { ApiError, invalidParameter } from '../http/api-error.ts';
import {
  type RunParameter,
  type RunRecord,
  type RunSettings,
  type RunTrigger,
  type RunType,
  settingsOf,
  type TaskRecord,
} from './run-record.ts';
import type { Outcome, QueueCode } from './states.ts';

export interface NewRun {
  /** Looked up after the token: a token answers for its run also when its job is gone. */
  prepare: () => {
    jobId: number;
    name: string;
    settings: RunSettings;
    parameters: RunParameter[];
    wantsQueue: boolean;
  };
  runType: RunType;
  overrides: Record<string, unknown>;
  trigger?: RunTrigger;
  parentTaskRunId?: number;
  token?: string | undefined;
  /** Where the workspace is full: SKIPPED instead of a 429 that nobody would get. */
  skipsWhenFull?: boolean;
}

export interface AcceptContext {
  database: DatabaseSync;
  runs: RunStore;
  maxActiveRuns: number;
  now: () => number;
  /** Run-job tasks of the workspace that may be active at the same time; default 750, the vendor's figure. */
  maxRunJobTasks?: number;
}

/**
 * Writes a run down, once per token: everything that decides (token, limits) is read in the transaction that writes. The run is on the
 * disk when this returns. 429 when the workspace is full and the run may not queue.
 */
export function acceptRun(context: AcceptContext, input: NewRun): { runId: number; jobId: number } {
  return inTransaction(context.database, () => {
    const known = input.token === undefined || input.token === '' ? undefined : knownRun(context.runs, input.token);
    if (known !== undefined) return { runId: known.runId, jobId: known.jobId };
    const prepared = input.prepare();
    const run = newRun(context, input, prepared);
    context.runs.insert(run, newTasks(context.runs, run));
    if (input.token !== undefined && input.token !== '') context.runs.keepToken(input.token, run.runId);
    return { runId: run.runId, jobId: run.jobId };
  });
}

function knownRun(runs: RunStore, token: string): RunRecord | undefined {
  const known = runs.findToken(token);
  if (known === undefined) return undefined;
  const run = known.deleted ? undefined : runs.get(known.runId);
  if (run === undefined)
    throw invalidParameter(`The run of the idempotency token ${token} was deleted; the token cannot be used again.`);
  return run;
}

function newRun(context: AcceptContext, input: NewRun, prepared: ReturnType<NewRun['prepare']>): RunRecord {
  const now = context.now();
  const place = findPlace(context, prepared, input);
  const ended = typeof place === 'object';
  return {
    runId: context.runs.newId(),
    jobId: prepared.jobId,
    runType: input.runType,
    name: prepared.name,
    settings: prepared.settings,
    parameters: prepared.parameters,
    overrides: input.overrides,
    phase: ended ? 'ended' : place === 'free' ? 'pending' : 'queued',
    queueCode: ended || place === 'free' ? null : place,
    acceptedAt: now,
    unqueuedAt: null,
    startedAt: null,
    endedAt: ended ? now : null,
    cancelCause: null,
    cancelledAt: null,
    outcome: ended ? place : null,
    trigger: input.trigger ?? 'ONE_TIME',
    parentTaskRunId: input.parentTaskRunId ?? null,
  };
}

function newTasks(runs: RunStore, run: RunRecord): TaskRecord[] {
  const alone = run.settings.tasks.length === 1;
  return run.settings.tasks.map((task, position) => ({
    runId: runs.newId(),
    jobRunId: run.runId,
    position,
    taskKey: task.task_key,
    phase: run.phase === 'ended' ? 'ended' : alone || (task.depends_on ?? []).length === 0 ? 'pending' : 'blocked',
    startAttempt: 0,
    acceptedAt: run.acceptedAt,
    startedAt: null,
    endedAt: run.endedAt,
    cancelCause: null,
    cancelledAt: null,
    outcome: run.outcome,
  }));
}

/** A free place, the reason to queue, or the outcome of a run that is skipped. */
function findPlace(
  context: AcceptContext,
  prepared: ReturnType<NewRun['prepare']>,
  { runType, skipsWhenFull }: NewRun,
): 'free' | QueueCode | Outcome {
  const limit = runType === 'JOB_RUN' ? (prepared.settings.max_concurrent_runs ?? 1) : Number.POSITIVE_INFINITY;
  if (limit === 0) return skipped(limit);
  if (context.runs.countRunning(prepared.jobId) >= limit)
    return prepared.wantsQueue ? 'MAX_CONCURRENT_RUNS_REACHED' : skipped(limit);
  const reached = limitReached(context, prepared.settings);
  if (reached === undefined) return 'free';
  if (prepared.wantsQueue) return reached;
  if (skipsWhenFull === true) return workspaceFull(context);
  if (reached === 'ACTIVE_RUN_JOB_TASKS_LIMIT_REACHED')
    throw new ApiError(
      429,
      'RESOURCE_EXHAUSTED',
      `The workspace already has ${runJobTaskLimit(context)} active run job tasks, which is its limit. Please try again later.`,
      { 'retry-after': '1' },
    );
  throw new ApiError(
    429,
    'RESOURCE_EXHAUSTED',
    `The workspace already has ${context.maxActiveRuns} active runs, which is its limit. Please try again later.`,
    { 'retry-after': '1' },
  );
}

/** The limit of the workspace that a run with these settings would pass now; `undefined` for none. */
export function limitReached(
  context: Pick<AcceptContext, 'runs' | 'maxActiveRuns' | 'maxRunJobTasks'>,
  settings: RunSettings,
): Exclude<QueueCode, 'MAX_CONCURRENT_RUNS_REACHED'> | undefined {
  if (context.runs.countRunning() >= context.maxActiveRuns) return 'ACTIVE_RUNS_LIMIT_REACHED';
  const limit = runJobTaskLimit(context);
  if (!settings.tasks.some(isRunJob) || activeRunJobTasks(context.runs) < limit) return undefined;
  return 'ACTIVE_RUN_JOB_TASKS_LIMIT_REACHED';
}

function runJobTaskLimit({ maxRunJobTasks }: Pick<AcceptContext, 'maxRunJobTasks'>): number {
  return maxRunJobTasks ?? 750;
}

function activeRunJobTasks(runs: RunStore): number {
  return runs
    .listActive()
    .filter((run) => run.phase !== 'queued' && run.settings.tasks.some(isRunJob))
    .flatMap((run) => runs.activeTasksOf(run.runId).filter((task) => isRunJob(settingsOf(run, task)))).length;
}

function isRunJob(task: RunSettings['tasks'][number]): boolean {
  return task.run_job_task !== undefined;
}

function workspaceFull({ maxActiveRuns }: AcceptContext): Outcome {
  return {
    result: 'MAXIMUM_CONCURRENT_RUNS_REACHED',
    code: 'WORKSPACE_RUN_LIMIT_EXCEEDED',
    type: 'CLIENT_ERROR',
    message: `Skipping this run because the workspace has reached its limit of ${maxActiveRuns} active runs.`,
  };
}

function skipped(limit: number): Outcome {
  return {
    result: 'MAXIMUM_CONCURRENT_RUNS_REACHED',
    code: 'MAX_CONCURRENT_RUNS_EXCEEDED',
    type: 'CLIENT_ERROR',
    message: `Skipping this run because the limit of ${limit} maximum concurrent runs has been reached.`,
  };
}
