import type { Readable } from 'node:stream';
import type { Json, JsonObject } from '@slowlane/contracts';
import type { ClusterCalls } from './cluster.ts';
import type { Run, RunOutput } from './run.ts';

/**
 * The part of the Databricks REST API that Slow Lane uses (Jobs 2.2, Clusters 2.1, Libraries, Files, Workspace, Permissions, SCIM Me). Ids are decimal strings in both directions,
 * because they are int64 on the wire. Lists are read to their end.
 *
 * Every call throws `SlowLaneError` only: `workspace.rejected`, `workspace.not-found`, `workspace.unauthenticated`, `workspace.throttled`,
 * `workspace.unavailable`, `workspace.timeout`; `data` has `status`, `errorCode` (the vendor's), `call`, and `retryAfterMs` where one was sent.
 *
 * 429 and 503 are repeated for every call, as `Retry-After` says; a lost connection or a time-out only for calls that may be repeated:
 * reads, uploads from a source that can be opened again, deletes, cancels, and `runNow`, whose token makes it one run.
 */
export interface DatabricksClient {
  /** Address of the workspace, without a trailing slash. */
  readonly host: string;
  readonly jobs: JobCalls;
  readonly runs: RunCalls;
  readonly files: FileCalls;
  readonly workspace: WorkspaceCalls;
  readonly clusters: ClusterCalls;
  readonly permissions: PermissionCalls;
  /** GET /api/2.0/preview/scim/v2/Me */
  me(options?: CallOptions): Promise<Identity>;
  /** Closes idle connections. */
  close(): Promise<void>;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** For one attempt. */
  timeoutMs?: number;
  /** How long to go on repeating; 0 = one attempt. */
  retryBudgetMs?: number;
}

export interface JobCalls {
  /** No token exists for this call: after a lost reply look with `list({ name })` before you create again. */
  create(settings: JobSettings, options?: CallOptions): Promise<{ jobId: string }>;
  /** Replaces all settings. */
  reset(jobId: string, settings: JobSettings, options?: CallOptions): Promise<void>;
  get(jobId: string, options?: CallOptions): Promise<Job>;
  /** `name` is compared exactly, without case, by the workspace. */
  list(query?: { name?: string }, options?: CallOptions): Promise<Job[]>;
  /** Jobs of exactly this name with this tag: what to look for after a lost reply to `create`, oldest first. */
  find(wanted: { name: string; tag: { key: string; value: string } }, options?: CallOptions): Promise<Job[]>;
  delete(jobId: string, options?: CallOptions): Promise<void>;
  /** The same token again returns the run it started and starts nothing. */
  runNow(request: RunNow, options?: CallOptions): Promise<{ runId: string }>;
}

/** Settings as the Jobs API takes them: `name`, `tasks`, `job_clusters`, `parameters`, `max_concurrent_runs`, `queue`, `tags`, ... */
export type JobSettings = { name: string } & { [key: string]: Json };

export interface Job {
  jobId: string;
  settings: JsonObject;
  creator: string | undefined;
  createdAt: number | undefined;
}

export interface RunNow {
  jobId: string;
  /** At most 64 characters; derived from (workspace, request, part, attempt) and stored before the call. */
  idempotencyToken: string;
  jobParameters: Record<string, string>;
}

/** A one-time run; nothing is saved as a job. `settings`: `run_name`, `tasks`, `timeout_seconds`, `access_control_list`, ... */
export interface SubmitRun {
  idempotencyToken: string;
  settings: JsonObject;
}

export interface PermissionCalls {
  /** Replaces all grants of the object. `level`: `CAN_VIEW`, `CAN_MANAGE_RUN`, `CAN_MANAGE`, `IS_OWNER`, ... */
  set(
    object: { kind: 'jobs' | 'clusters'; id: string },
    grants: readonly Grant[],
    options?: CallOptions,
  ): Promise<void>;
}

/** Exactly one grantee. */
export type Grant = { level: string } & ({ user: string } | { group: string } | { servicePrincipal: string });

export interface RunCalls {
  /** One run for one token, as with `runNow`. */
  submit(request: SubmitRun, options?: CallOptions): Promise<{ runId: string }>;
  /** Cancels all active runs of a job; asynchronous. It does not stop new ones. */
  cancelAll(jobId: string, options?: CallOptions): Promise<void>;
  get(runId: string, options?: CallOptions): Promise<Run>;
  /** Newest end time first, page by page until the consumer stops. */
  list(query: RunQuery, options?: CallOptions): AsyncIterable<Run>;
  /** Asynchronous on the workspace: only a poll tells when the run has ended. */
  cancel(runId: string, options?: CallOptions): Promise<void>;
  /** `runId` of a task run, or of a job run with a single task. */
  output(runId: string, options?: CallOptions): Promise<RunOutput>;
}

export interface RunQuery {
  jobId?: string;
  activeOnly?: boolean;
  completedOnly?: boolean;
  /** Epoch milliseconds. */
  startTimeFrom?: number;
  expandTasks?: boolean;
}

export interface FileCalls {
  /**
   * Streams `size` bytes; `open` is called once per attempt. From 100 MiB on in parts where the workspace offers that, else in one PUT. Checks afterwards that the workspace holds that many. With `overwrite: false` an
   * existing file is `workspace.rejected` with status 409.
   */
  upload(
    path: string,
    open: () => Promise<Readable> | Readable,
    details: UploadDetails,
    options?: CallOptions,
  ): Promise<void>;
  /** PUT of a few bytes: one round trip, no check afterwards. */
  put(path: string, bytes: Uint8Array, options?: CallOptions): Promise<void>;
  /** The stream fails with `workspace.unavailable` when it ends before `size` bytes. */
  download(path: string, options?: CallOptions): Promise<{ stream: Readable; size: number }>;
  /** `undefined` when there is no such file. */
  head(path: string, options?: CallOptions): Promise<{ size: number; lastModified: string | undefined } | undefined>;
  delete(path: string, options?: CallOptions): Promise<void>;
  list(folder: string, options?: CallOptions): Promise<FileEntry[]>;
  /** Like `mkdir -p`. */
  mkdir(folder: string, options?: CallOptions): Promise<void>;
  /** An empty folder. */
  rmdir(folder: string, options?: CallOptions): Promise<void>;
}

export interface UploadDetails {
  size: number;
  /** Hex. A source that turns out to be something else breaks the upload off with `workspace.rejected`, before it is complete. */
  sha256?: string | undefined;
  overwrite: boolean;
}

export interface FileEntry {
  name: string;
  path: string;
  isFolder: boolean;
  size: number;
}

export interface WorkspaceCalls {
  /** `content` is at most 10 MB on the wire; a raw file unless `language` makes it a notebook. */
  import(file: WorkspaceFile, options?: CallOptions): Promise<void>;
  mkdirs(path: string, options?: CallOptions): Promise<void>;
  /** What lies directly in a folder; `workspace.not-found` where there is none. `size` is 0 where the workspace does not say it. */
  list(folder: string, options?: CallOptions): Promise<WorkspaceEntry[]>;
  /** Everything below a folder too where `recursive`. */
  delete(path: string, details: { recursive: boolean }, options?: CallOptions): Promise<void>;
}

export interface WorkspaceEntry {
  path: string;
  /** `NOTEBOOK`, `FILE`, `DIRECTORY` and what the vendor adds. */
  type: string;
  /** Bytes. */
  size: number;
}

export interface WorkspaceFile {
  path: string;
  content: Uint8Array;
  overwrite: boolean;
  language?: 'SCALA' | 'PYTHON' | 'SQL' | 'R';
  /** The content is an `.ipynb`. */
  jupyter?: boolean;
}

export interface Identity {
  id: string;
  userName: string;
  displayName: string | undefined;
  active: boolean;
}
