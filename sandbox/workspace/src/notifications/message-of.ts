import { type RunRecord, settingsOf, type TaskRecord } from '../runs/run-record.ts';
import type { Outcome } from '../runs/states.ts';
import type { RunEvent } from './notification-store.ts';

export type Occasion = 'on_start' | 'on_success' | 'on_failure' | 'on_duration_warning_threshold_exceeded';

export interface Message {
  event: string;
  destinations: string[];
  body: string;
}

/**
 * What is to be sent about an event, and to whom; `undefined` where nobody wants to hear it. The names `event_type`, `workspace_id`, `run`
 * and `job` are the vendor's; `task` and the times and states in `run` are ours.
 *
 * @see https://docs.databricks.com/jobs/notifications.html
 */
export function messageOf(
  event: RunEvent,
  { run, task }: { run: RunRecord; task: TaskRecord | undefined },
  workspaceId: string,
): Message | undefined {
  const settings = task === undefined ? run.settings : settingsOf(run, task);
  const occasion = occasionOf(event);
  const wanted = settings.webhook_notifications?.[occasion] ?? [];
  if (wanted.length === 0 || isSilenced(event.outcome, settings.notification_settings ?? {})) return undefined;
  if (task !== undefined && settings.notification_settings?.alert_on_last_attempt === true && isBeforeLast(event, task))
    return undefined;
  const type = `jobs.${occasion}`;
  return {
    event: type,
    destinations: wanted.map(({ id }) => id),
    body: bodyOf(type, { event, run, task, workspaceId }),
  };
}

function occasionOf({ kind, outcome }: RunEvent): Occasion {
  if (kind === 'start') return 'on_start';
  if (kind === 'duration') return 'on_duration_warning_threshold_exceeded';
  return outcome?.type === 'SUCCESS' ? 'on_success' : 'on_failure';
}

const skipped = new Set(['MAXIMUM_CONCURRENT_RUNS_REACHED', 'EXCLUDED', 'DISABLED']);
const canceled = new Set(['CANCELED', 'UPSTREAM_CANCELED']);

function isSilenced(
  outcome: Outcome | null,
  settings: { no_alert_for_skipped_runs?: boolean | undefined; no_alert_for_canceled_runs?: boolean | undefined },
): boolean {
  if (outcome === null) return false;
  if (skipped.has(outcome.result)) return settings.no_alert_for_skipped_runs === true;
  return canceled.has(outcome.result) && settings.no_alert_for_canceled_runs === true;
}

/** No start of a retry, and no failure that is tried again. */
function isBeforeLast({ kind, outcome }: RunEvent, task: TaskRecord): boolean {
  if (kind === 'start') return (task.retries ?? 0) > 0;
  return kind === 'end' && outcome?.type !== 'SUCCESS' && task.superseded === 1;
}

function bodyOf(
  type: string,
  about: { event: RunEvent; run: RunRecord; task: TaskRecord | undefined; workspaceId: string },
): string {
  const { event, run, task, workspaceId } = about;
  return JSON.stringify({
    event_type: type,
    workspace_id: workspaceId,
    ...(task === undefined ? {} : { task: { task_key: task.taskKey } }),
    run: {
      run_id: task?.runId ?? run.runId,
      ...(task === undefined ? {} : { parent_run_id: run.runId }),
      start_time: (task ?? run).acceptedAt,
      ...(event.outcome === null
        ? {}
        : { result_state: event.outcome.result, state_message: event.outcome.message.slice(0, 1_000) }),
    },
    job: { job_id: run.jobId, name: run.name },
  });
}
