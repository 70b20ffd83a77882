import type { RunIf } from '../jobs/schema.ts';
import { type RunRecord, settingsOf, type TaskRecord } from './run-record.ts';
import type { Outcome } from './states.ts';

/** What to do with a task that has not started: start it, wait for others, or end it without a run. */
export type Decision = 'start' | 'wait' | Outcome;

/** Decides from the tasks it depends on and its `run_if`. @see https://docs.databricks.com/jobs/run-if.html */
export function decideTask(run: RunRecord, task: TaskRecord, tasks: readonly TaskRecord[]): Decision {
  const settings = settingsOf(run, task);
  const keys = new Set((settings.depends_on ?? []).map((upstream) => upstream.task_key));
  const upstream = tasks.filter((other) => keys.has(other.taskKey));
  if (upstream.some((other) => other.phase !== 'ended')) return 'wait';
  if (settings.disabled === true) return disabled;
  if (upstream.length === 0) return 'start';
  if (!branchIsTaken(settings.depends_on ?? [], upstream)) return excluded;
  return decide(
    settings.run_if ?? 'ALL_SUCCESS',
    upstream.map((other) => other.outcome as Outcome),
  );
}

const neutral = new Set(['SUCCESS', 'EXCLUDED', 'DISABLED']);

/** `depends_on.outcome` names the side of a condition task on which the task lies. */
function branchIsTaken(
  dependsOn: readonly { task_key: string; outcome?: string | undefined }[],
  upstream: readonly TaskRecord[],
): boolean {
  return dependsOn.every(({ task_key, outcome }) => {
    const found = upstream.find((other) => other.taskKey === task_key)?.outcome?.condition;
    return outcome === undefined || found === undefined || found === outcome;
  });
}

function decide(runIf: RunIf, upstream: readonly Outcome[]): Decision {
  const good = upstream.filter((outcome) => outcome.result === 'SUCCESS').length;
  const bad = upstream.filter((outcome) => !neutral.has(outcome.result)).length;
  const allowed: Record<RunIf, boolean> = {
    ALL_SUCCESS: good === upstream.length,
    ALL_DONE: true,
    NONE_FAILED: bad === 0 && good > 0,
    AT_LEAST_ONE_SUCCESS: good > 0,
    ALL_FAILED: bad === upstream.length,
    AT_LEAST_ONE_FAILED: bad > 0,
  };
  if (allowed[runIf]) return 'start';
  if (bad === 0 || runIf === 'ALL_FAILED' || runIf === 'AT_LEAST_ONE_FAILED') return excluded;
  const canceled = upstream.some((outcome) => outcome.result === 'CANCELED' || outcome.result === 'UPSTREAM_CANCELED');
  return canceled ? upstreamCanceled : upstreamFailed;
}

const excluded: Outcome = {
  result: 'EXCLUDED',
  code: 'SKIPPED',
  type: 'SUCCESS',
  message: 'The run was not started because its run_if condition did not hold.',
};
const disabled: Outcome = {
  result: 'DISABLED',
  code: 'DISABLED',
  type: 'SUCCESS',
  message: 'The run was not started because its task is disabled.',
};
const upstreamFailed: Outcome = {
  result: 'UPSTREAM_FAILED',
  code: 'SKIPPED',
  type: 'CLIENT_ERROR',
  message: 'The run was not started because a task it depends on failed.',
};
const upstreamCanceled: Outcome = {
  result: 'UPSTREAM_CANCELED',
  code: 'SKIPPED',
  type: 'CLIENT_ERROR',
  message: 'The run was not started because a task it depends on was canceled.',
};
