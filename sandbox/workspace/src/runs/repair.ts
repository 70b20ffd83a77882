import { ApiError, invalidParameter } from '../http/api-error.ts';
import type { JobSettings, RepairRun } from '../jobs/schema.ts';
import { inTransaction } from '../store/database.ts';
import type { AcceptContext } from './accept-run.ts';
import { nextAttempt } from './next-attempt.ts';
import type { RunRecord, RunSettings, TaskRecord } from './run-record.ts';
import type { Outcome } from './states.ts';

/**
 * Opens an ended run again for some of its tasks, with the current settings of its job; what succeeded is kept. On the disk when this returns.
 *
 * @see https://docs.databricks.com/api/workspace/jobs/repairrun
 */
export function repairRun(context: AcceptContext, body: RepairRun, current: JobSettings | undefined): number {
  const { runs, now } = context;
  return inTransaction(context.database, () => {
    const run = runs.get(body.run_id);
    if (run === undefined) throw invalidParameter(`Run ${body.run_id} does not exist.`);
    if (run.phase !== 'ended')
      throw new ApiError(400, 'INVALID_STATE', `Run ${run.runId} is still active and cannot be repaired.`);
    checkLatest(run, body.latest_repair_id);
    const tasks = runs.tasksOf(run.runId);
    const rerun = tasksToRerun(run, tasks, body);
    const repairId = runs.newId();
    runs.keepHistory(run.runId, periodOf(run));
    const settings = currentSettings(run, current);
    for (const task of rerun) {
      const again = rerun.some((other) => dependsOn(settings, task, other.taskKey)) ? 'blocked' : 'pending';
      const taskRunId = runs.newId();
      runs.insertTask(
        nextAttempt(task, { runId: taskRunId, acceptedAt: now(), phase: again, retries: 0, repairId, input: null }),
      );
      runs.updateTask(task.runId, { superseded: 1 });
    }
    runs.update(run.runId, {
      settings,
      parameters: run.parameters.map((one) => ({ ...one, value: body.job_parameters?.[one.name] ?? one.value })),
      phase: 'pending',
      endedAt: null,
      cancelCause: null,
      cancelledAt: null,
      outcome: null,
      repairId,
      repairedAt: now(),
    });
    return repairId;
  });
}

/** The period that a run is in or ended with: the original one, or the latest repair. */
export function periodOf(run: RunRecord): {
  repairId: number | null;
  startedAt: number;
  endedAt: number;
  outcome: Outcome;
} {
  return {
    repairId: run.repairId ?? null,
    startedAt: run.repairedAt ?? run.acceptedAt,
    endedAt: run.endedAt ?? 0,
    outcome: run.outcome as Outcome,
  };
}

function checkLatest(run: RunRecord, latest: number | undefined): void {
  const known = run.repairId ?? undefined;
  if (latest === known) return;
  if (known === undefined) throw invalidParameter(`Run ${run.runId} has no repair ${latest}.`);
  const given = latest === undefined ? 'was not given' : `is ${latest}`;
  throw invalidParameter(`latest_repair_id ${given}, but the latest repair of run ${run.runId} is ${known}.`);
}

function tasksToRerun(run: RunRecord, tasks: readonly TaskRecord[], body: RepairRun): TaskRecord[] {
  const named = body.rerun_tasks ?? [];
  if (named.length > 0 && body.rerun_all_failed_tasks === true)
    throw invalidParameter('rerun_tasks and rerun_all_failed_tasks exclude each other.');
  const missing = named.find((key) => tasks.every((task) => task.taskKey !== key));
  if (missing !== undefined) throw invalidParameter(`Run ${run.runId} has no task '${missing}'.`);
  const keys = new Set(body.rerun_all_failed_tasks === true ? failedKeys(tasks) : named);
  if (keys.size === 0) throw invalidParameter(`Run ${run.runId}: no task to run again was named or has failed.`);
  if (body.rerun_dependent_tasks === true) addDependents(run.settings, tasks, keys);
  return tasks.filter((task) => keys.has(task.taskKey));
}

const doneResults = new Set(['SUCCESS', 'EXCLUDED', 'DISABLED']);

function failedKeys(tasks: readonly TaskRecord[]): string[] {
  return tasks.filter((task) => !doneResults.has(task.outcome?.result ?? '')).map((task) => task.taskKey);
}

function addDependents(settings: RunSettings, tasks: readonly TaskRecord[], keys: Set<string>): void {
  for (let before = -1; before !== keys.size;) {
    before = keys.size;
    for (const task of tasks) if ([...keys].some((key) => dependsOn(settings, task, key))) keys.add(task.taskKey);
  }
}

function dependsOn(settings: RunSettings, task: TaskRecord, key: string): boolean {
  return (settings.tasks[task.position]?.depends_on ?? []).some((upstream) => upstream.task_key === key);
}

/** Tasks that the job no longer has keep their settings; those that it has got since are not part of the run. */
function currentSettings(run: RunRecord, current: JobSettings | undefined): RunSettings {
  if (current === undefined) return run.settings;
  const keys = new Set(run.settings.tasks.map((task) => task.task_key));
  return {
    ...run.settings,
    tasks: run.settings.tasks.map((task) => {
      const now = current.tasks.find((other) => other.task_key === task.task_key) ?? task;
      const inside = now.depends_on?.filter((upstream) => keys.has(upstream.task_key));
      return inside === undefined ? now : { ...now, depends_on: inside };
    }),
    ...(current.job_clusters === undefined ? {} : { job_clusters: current.job_clusters }),
    ...(current.timeout_seconds === undefined ? {} : { timeout_seconds: current.timeout_seconds }),
  };
}
