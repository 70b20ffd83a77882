import { taskWithDefaults } from '../jobs/job-defaults.ts';
import { taskTypeOf } from '../jobs/check-settings.ts';
import { resolveTask, type Upstream } from './resolve-task.ts';
import { type RunRecord, settingsOf, type TaskRecord } from './run-record.ts';
import type { HistoryRecord } from '../store/run-store.ts';
import { periodOf } from './repair.ts';
import { stateNames } from './states.ts';

export interface ViewContext {
  userName: string;
  /** Base of the run page, without a slash at its end. */
  publicUrl: string;
  /** Where a task runs or ran. */
  instanceOf?: (taskRunId: number) => { clusterId: string; sparkContextId: string } | undefined;
}

/** A job run as `runs/get` shows it, both state models at once. */
export function runView(run: RunRecord, tasks: readonly TaskRecord[], context: ViewContext): Record<string, unknown> {
  const alone = tasks.length === 1 ? tasks[0] : undefined;
  return {
    job_id: run.jobId,
    run_id: run.runId,
    number_in_job: run.runId,
    original_attempt_run_id: run.runId,
    creator_user_name: context.userName,
    run_name: run.name,
    run_type: run.runType,
    run_page_url: pageUrl(run.jobId, run.runId, context),
    trigger: run.trigger ?? 'ONE_TIME',
    format: 'MULTI_TASK',
    ...stateView(run, true),
    ...queueView(run),
    ...timesView(run, alone),
    ...(run.parameters.length === 0 ? {} : { job_parameters: run.parameters }),
    ...(Object.keys(run.overrides).length === 0 ? {} : { overriding_parameters: run.overrides }),
    ...(run.settings.job_clusters === undefined ? {} : { job_clusters: run.settings.job_clusters }),
    tasks: tasks.map((task) => taskView(run, task, context)),
  };
}

/** A task run: an element of `tasks`, and what `runs/get` answers to its own id. */
export function taskView(run: RunRecord, task: TaskRecord, context: ViewContext): Record<string, unknown> {
  return {
    ...taskWithDefaults(settingsOf(run, task)),
    task_key: task.taskKey,
    ...(task.outcome?.condition === undefined
      ? {}
      : { condition_task: { ...settingsOf(run, task).condition_task, outcome: task.outcome.condition } }),
    run_id: task.runId,
    run_page_url: pageUrl(run.jobId, task.runId, context),
    attempt_number: task.attempt ?? 0,
    ...instanceView(task.runId, context),
    ...stateView(task, false),
    ...timesView(task, task),
  };
}

/** The task run as a run of its own. */
export function taskRunView(run: RunRecord, task: TaskRecord, context: ViewContext): Record<string, unknown> {
  return {
    ...taskView(run, task, context),
    job_id: run.jobId,
    job_run_id: run.runId,
    number_in_job: run.runId,
    original_attempt_run_id: task.originalRunId ?? task.runId,
    creator_user_name: context.userName,
    run_name: task.taskKey,
    run_type: run.runType,
    trigger: (task.retries ?? 0) > 0 ? 'RETRY' : (run.trigger ?? 'ONE_TIME'),
    format: 'MULTI_TASK',
  };
}

/** The original run and its repairs, oldest first, each with the task runs that it started. */
export function historyView(
  run: RunRecord,
  past: readonly HistoryRecord[],
  tasks: readonly TaskRecord[],
): Record<string, unknown>[] {
  const periods = [...past, periodOf(run)];
  return periods.map(({ repairId, startedAt, endedAt, outcome }, index) => {
    const isLast = index === periods.length - 1;
    const state = stateView(isLast ? run : { phase: 'ended', outcome }, true);
    const own = tasks.filter((task) => (task.repairId ?? null) === repairId && task.parentRunId == null);
    return {
      type: repairId === null ? 'ORIGINAL' : 'REPAIR',
      ...(repairId === null ? {} : { id: repairId }),
      start_time: startedAt,
      end_time: endedAt,
      ...state,
      task_run_ids: own.map((task) => task.runId),
    };
  });
}

/** The parameters of a task with the references filled in, under the name of its type. */
export function resolvedValues(run: RunRecord, task: TaskRecord, upstream: Upstream): Record<string, unknown> {
  const resolved = resolveTask(run, task, upstream);
  if (resolved.condition_task !== undefined) {
    const { left, right } = resolved.condition_task;
    return { condition_task: { left, right } };
  }
  const type = taskTypeOf(resolved);
  const { parameters, named_parameters } = resolved[type] as { parameters?: unknown; named_parameters?: unknown };
  return {
    [type]: {
      ...(parameters === undefined ? {} : { parameters }),
      ...(named_parameters === undefined ? {} : { named_parameters }),
    },
  };
}

function instanceView(taskRunId: number, context: ViewContext): Record<string, unknown> {
  const instance = context.instanceOf?.(taskRunId);
  if (instance === undefined) return {};
  return { cluster_instance: { cluster_id: instance.clusterId, spark_context_id: instance.sparkContextId } };
}

function pageUrl(jobId: number, runId: number, context: ViewContext): string {
  return `${context.publicUrl}/jobs/${jobId}/runs/${runId}`;
}

function stateView(run: Pick<RunRecord, 'phase' | 'outcome'>, isJobRun: boolean): Record<string, unknown> {
  const names = stateNames(run.phase, run.outcome, isJobRun);
  const { outcome } = run;
  const stopped = outcome?.result === 'TIMEDOUT' || outcome?.result === 'CANCELED';
  return {
    state: {
      life_cycle_state: names.legacy,
      ...(outcome === null ? {} : { result_state: outcome.result }),
      state_message: outcome?.message ?? '',
      user_cancelled_or_timedout: stopped,
    },
    status: {
      state: names.current,
      ...(outcome === null
        ? {}
        : { termination_details: { code: outcome.code, type: outcome.type, message: outcome.message } }),
    },
  };
}

function queueView(run: RunRecord): Record<string, unknown> {
  if (run.queueCode === null || run.phase !== 'queued') return {};
  const reasons = {
    MAX_CONCURRENT_RUNS_REACHED: 'Queued due to reaching maximum concurrent runs of the job.',
    ACTIVE_RUNS_LIMIT_REACHED: 'Queued due to reaching the limit of active runs of the workspace.',
    ACTIVE_RUN_JOB_TASKS_LIMIT_REACHED: 'Queued due to reaching the limit of active run job tasks of the workspace.',
  };
  const message = reasons[run.queueCode];
  const names = stateNames('queued', null, true);
  return {
    state: {
      life_cycle_state: names.legacy,
      state_message: '',
      queue_reason: message,
      user_cancelled_or_timedout: false,
    },
    status: { state: names.current, queue_details: { code: run.queueCode, message } },
  };
}

/** `task` is there where the run is its only task, or a task itself: only then the parts of the time are shown. */
function timesView(run: RunRecord | TaskRecord, task: TaskRecord | undefined): Record<string, unknown> {
  const endedAt = run.endedAt ?? 0;
  const unqueuedAt = 'unqueuedAt' in run ? run.unqueuedAt : null;
  const startedAt = task?.startedAt ?? null;
  const from = unqueuedAt ?? run.acceptedAt;
  return {
    start_time: run.acceptedAt,
    end_time: endedAt,
    setup_duration: startedAt === null ? 0 : Math.max(0, startedAt - from),
    execution_duration: startedAt === null || endedAt === 0 ? 0 : Math.max(0, endedAt - startedAt),
    cleanup_duration: 0,
    run_duration: endedAt === 0 ? 0 : Math.max(0, endedAt - run.acceptedAt),
    ...(unqueuedAt === null ? {} : { queue_duration: unqueuedAt - run.acceptedAt }),
  };
}
