import type { JobSettings, Task } from '../jobs/schema.ts';
import type { CancelCause, Outcome, Phase, QueueCode } from './states.ts';

/** The settings that a run was accepted with; later changes of its job do not touch them, but for `timeout_seconds`. */
export interface RunSettings {
  tasks: Task[];
  job_clusters?: JobSettings['job_clusters'];
  timeout_seconds?: number | undefined;
  max_concurrent_runs?: number | undefined;
  webhook_notifications?: JobSettings['webhook_notifications'];
  notification_settings?: JobSettings['notification_settings'];
  health?: JobSettings['health'];
}

export interface RunParameter {
  name: string;
  default?: string;
  value: string;
}

export type RunType = 'JOB_RUN' | 'SUBMIT_RUN';
export type RunTrigger = 'ONE_TIME' | 'PERIODIC' | 'CONTINUOUS' | 'RUN_JOB_TASK';

/** Times are epoch milliseconds; `null` = not yet. */
interface Progress {
  acceptedAt: number;
  startedAt: number | null;
  endedAt: number | null;
  cancelCause: CancelCause | null;
  cancelledAt: number | null;
  outcome: Outcome | null;
  phase: Phase;
}

export interface RunRecord extends Progress {
  runId: number;
  jobId: number;
  runType: RunType;
  name: string;
  settings: RunSettings;
  parameters: RunParameter[];
  /** The parameters of the call, as it sent them. */
  overrides: Record<string, unknown>;
  queueCode: QueueCode | null;
  unqueuedAt: number | null;
  trigger?: RunTrigger | null;
  /** The run_job task that started this run. */
  parentTaskRunId?: number | null;
  /** The repair that the run is in or ended with; absent or `null` = it was never repaired. */
  repairId?: number | null;
  repairedAt?: number | null;
}

export interface TaskRecord extends Progress {
  runId: number;
  jobRunId: number;
  position: number;
  taskKey: string;
  /** How often its start was written down: above 1 only after a crash or a lost helper. */
  startAttempt: number;
  /** 0 for the first run of the task; retries and repairs count up. */
  attempt?: number | null;
  /** Automatic retries since the run or its latest repair began. */
  retries?: number | null;
  originalRunId?: number | null;
  repairId?: number | null;
  /** 1 = a later attempt stands for the task. */
  superseded?: number | null;
  /** A retry waits until then. */
  notBefore?: number | null;
  /** The for-each task run that this is an iteration of. */
  parentRunId?: number | null;
  iteration?: number | null;
  /** JSON: the input of an iteration; of a for-each task, all of them. */
  input?: string | null;
  /** Its cluster is gone: what the end of its program will have meant. */
  lostOutcome?: Outcome | null;
}

/** The settings of a task run inside its run; of an iteration, those of the task that is repeated. */
export function settingsOf(run: RunRecord, task: TaskRecord): Task {
  const settings = run.settings.tasks[task.position] as Task;
  if (task.parentRunId === undefined || task.parentRunId === null) return settings;
  return (settings.for_each_task?.task ?? settings) as Task;
}
