import type { ArtifactManifest, ArtifactSet } from '../artifact.ts';
import type { SlowLaneEvent } from '../events.ts';
import type { PipelineFile } from '../pipeline-file.ts';
import type { BuildRecord } from './build-lane.ts';
import type { PartRange, PartRecord, PartTally, RequestRecord } from './request-lane.ts';

/** One applied version of a pipeline file; kept for ever, because requests are pinned to it. */
export interface PipelineRevision {
  name: string;
  revision: number;
  file: PipelineFile;
  /** The YAML as it was given, comments included. */
  text: string;
  /** `applied` by hand, or found in the `repository` of the driver. */
  origin: 'applied' | 'repository';
  by: string;
  at: number;
}

export interface PipelineStore {
  /** Stores a new revision; the same file as the newest one returns that one. */
  put(revision: Omit<PipelineRevision, 'revision' | 'at'>): Promise<PipelineRevision>;
  get(name: string, revision?: number): Promise<PipelineRevision | undefined>;
  list(): Promise<PipelineRevision[]>;
}

/** One job registered with a workspace for one artifact set: a job never changes its artifact, so a pinned request runs what it was accepted under. */
export interface Registration {
  id: string;
  pipeline: string;
  revision: number;
  target: string;
  workspace: string;
  jobId: string;
  buildId: string;
  /** Correlation id of the push or build that made it. */
  correlationId: string;
  commit: string | undefined;
  set: ArtifactSet;
  manifest: ArtifactManifest;
  pool: string;
  /** Runs on warm clusters of the pool, by one-time runs with the settings of the job. */
  reuse?: boolean | undefined;
  /** Volume folder that the workspace delivers the logs of the job's clusters to. */
  logs?: string | undefined;
  timeoutMs: number;
  retries: number;
  /** What `RegistrationStore.find` looks for: digest of everything the job's settings were made from. */
  settingsDigest?: string;
  at: number;
}

export interface RegistrationStore {
  put(registration: Omit<Registration, 'at'>): Promise<Registration>;
  get(id: string): Promise<Registration | undefined>;
  /** The newest of a pipeline and target: what new requests are pinned to. */
  current(pipeline: string, target: string): Promise<Registration | undefined>;
  /** An existing job for exactly these settings, so that the same push again registers nothing new. */
  find(pipeline: string, target: string, settingsDigest: string): Promise<Registration | undefined>;
  /** Newest first: what a rollback chooses from. */
  recent(pipeline: string, target: string, limit: number): Promise<Registration[]>;
}

export interface ApiToken {
  id: string;
  name: string;
  /** `admin`, `read`, `push:<pipeline|*>`, `request:<operation|*>`, `build`, `pipeline`, `gate`, `deps`. */
  scopes: string[];
  createdAt: number;
  expiresAt: number | undefined;
  revokedAt: number | undefined;
}

export interface TokenStore {
  /** The secret (`sl_<prefix>_<secret>`) is shown once and stored as a hash. */
  create(token: {
    name: string;
    scopes: string[];
    expiresAt: number | undefined;
  }): Promise<{ token: ApiToken; secret: string }>;
  /** Looks up by prefix, compares in constant time; undefined when unknown, expired or revoked. */
  verify(secret: string): Promise<ApiToken | undefined>;
  list(): Promise<ApiToken[]>;
  revoke(id: string): Promise<boolean>;
}

/** History: what the archiver has taken over from the event stream. */
export interface History {
  request(id: string): Promise<RequestRecord | undefined>;
  /** Newest first. `since` (from) and `until` (before) are epoch ms of acceptance; */
  requests(query: {
    operation?: string;
    state?: string;
    principal?: string;
    /** Who it is for: its claim's `tn:` dimension, the principal where nothing names another. */
    tenant?: string;
    since?: number;
    until?: number;
    before?: string;
    limit: number;
  }): Promise<RequestRecord[]>;
  /** As `parts` of the request lane. */
  parts(requestId: string, range?: PartRange): Promise<PartRecord[]>;
  tallyParts(requestId: string): Promise<PartTally>;
  build(id: string): Promise<BuildRecord | undefined>;
  /** `artifact`: only builds that made (or took over) this artifact set. */
  builds(query: { pipeline?: string; artifact?: string; before?: string; limit: number }): Promise<BuildRecord[]>;
  /** Events of a whole chain, by any id in it (request, part, run, build, push, correlation, artifact digest): the build's and the request's together. With `upTo` (an event id) it waits, at most `waitMs`, until that is archived. */
  trace(id: string, options?: { upTo?: string; waitMs?: number }): Promise<SlowLaneEvent[]>;
  /** Id of the newest archived event. */
  cursor(): Promise<string>;
}
