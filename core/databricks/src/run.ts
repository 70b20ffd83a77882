/** A run as `runs/get` and `runs/list` tell it: the fields we use, ids as decimal strings, enums open (the vendor announces more values). */
export interface Run {
  runId: string;
  jobId: string | undefined;
  runName: string | undefined;
  runPageUrl: string | undefined;
  /** Legacy model. */
  state: RunState | undefined;
  /** Current model. */
  status: RunStatus | undefined;
  /** Epoch milliseconds; 0 or absent while there is none yet. */
  startTime: number | undefined;
  endTime: number | undefined;
  /** Effective job parameters, overrides applied. */
  jobParameters: Record<string, string>;
  tasks: RunTask[];
}

export interface RunTask {
  taskKey: string;
  runId: string;
  /** The cluster it was placed on, once it was. */
  clusterId?: string | undefined;
}

/** @see https://docs.databricks.com/api/workspace/jobs/getrun `state` */
export interface RunState {
  lifeCycleState: string | undefined;
  resultState: string | undefined;
  stateMessage: string | undefined;
}

/** @see https://docs.databricks.com/api/workspace/jobs/getrun `status` */
export interface RunStatus {
  state: string | undefined;
  termination: { code: string | undefined; type: string | undefined; message: string | undefined } | undefined;
  queueCode: string | undefined;
}

/** What `runs/get-output` has of one task run. `logs` is the tail that the workspace keeps (5 MB on the real one). */
export interface RunOutput {
  logs: string | undefined;
  logsTruncated: boolean;
  /** One line: the exception. */
  error: string | undefined;
  errorTrace: string | undefined;
}
