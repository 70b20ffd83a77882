import type { JobSettings, Task } from '../jobs/schema.ts';
import type { CancelCause, Outcome, Phase, QueueCode } from './states.ts';

/** The settings that a run was accepted with; later changes of its job do not touch them, but for `timeout_seconds`. */
export interface RunSettings {
  tasks: Task[];
  job_clusters?: JobSettings['job_clusters'];
  timeout_seconds?: number | undefined;
  max_concurrent_runs?: number | undefined;
}

export interface RunParameter {
  name: string;
  default?: string;
  value: string;
}

export type RunType = 'JOB_RUN' | 'SUBMIT_RUN';

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
}

export interface TaskRecord extends Progress {
  runId: number;
  jobRunId: number;
  position: number;
  taskKey: string;
  /** How often its start was written down: above 1 only after a crash or a lost helper. */
  startAttempt: number;
}

/** The settings of a task run inside its run. */
export function settingsOf(run: RunRecord, task: TaskRecord): Task {
  return run.settings.tasks[task.position] as Task;
}
