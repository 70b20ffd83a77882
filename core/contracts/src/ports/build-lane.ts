import type { ArtifactSet } from '../artifact.ts';
import type { Digest } from '../common.ts';
import type { Failure } from '../error.ts';
import type { BuildState } from '../states.ts';

/** Where the source of a build comes from. */
export type BuildSource =
  | { kind: 'mirror'; pipeline: string; ref: string; commit: string }
  | { kind: 'git'; url: string; ref: string }
  | { kind: 'archive'; digest: Digest; name: string };

/** Who asked, and what must happen at the end: a push registers only once it is completed; `build-only` registers nothing. */
export type BuildPurpose = { kind: 'push'; pushId: string } | { kind: 'register' } | { kind: 'build-only' };

/** The whole state of one build, as stages read and extend it. Anything large is a blob named by its digest. */
export interface BuildRecord {
  id: string;
  correlationId: string;
  pipeline: string;
  /** Revision of the pipeline file it is built under; of a file found in the repository, set by the fetch stage. */
  revision: number | undefined;
  source: BuildSource;
  purpose: BuildPurpose;
  /** Blob: the pipeline file (YAML) that came with the call, for a `build-only` build; stands before the one in the source. */
  pipelineFile?: Digest;
  principal: string;
  language: string | undefined;
  driver: string | undefined;
  /** Nothing of an earlier build is used: neither its result nor its dependency set. */
  refresh?: boolean;
  state: BuildState;
  createdAt: number;
  endedAt: number | undefined;
  failure: Failure | undefined;
  found: BuildFindings;
}

/** What the stages found so far. */
export interface BuildFindings {
  /** Revision of the pipeline file that was found in the repository; stands above `BuildRecord.revision`. */
  revision?: number;
  /** Blob: the YAML of a build that stores no revision (`build-only` with a file in the repository). */
  pipelineFile?: Digest;
  commit?: string;
  /** sha256 over the sorted (path, mode, sha256) lines of the tree below `source.path`. */
  treeDigest?: Digest;
  /** Blob: tar of the project tree (regular files and folders). */
  sourceArchive?: Digest;
  /** Blob: JSON TreeSnapshot. */
  snapshot?: Digest;
  contentKey?: Digest;
  /** Build whose result was taken over: no sandbox was started. */
  cachedFrom?: string;
  plugin?: string;
  evidence?: string[];
  /** Why another build of the same tree may give other bytes, as the plan says. */
  varies?: string[];
  /** Blob: JSON BuildPlan. */
  plan?: Digest;
  /** Which dependency set the build was made with, and why that one. */
  dependencies?: DependencyUse;
  set?: ArtifactSet;
  /** Blob: JSON ArtifactManifest. */
  manifest?: Digest;
  /** Blob: DSSE envelope. */
  provenance?: Digest;
  /** Blob: the whole log, text. */
  log?: Digest;
  /** Blob: CycloneDX JSON. */
  sbom?: Digest;
  /** Blob: JSON BuildReport. */
  report?: Digest;
  tests?: { passed: number; failed: number; skipped: number };
  /** Lines (or statements) that the tests ran, where the pipeline file asks for a coverage. */
  coverage?: { covered: number; total: number };
  /** Volume path per artifact file name. */
  published?: Record<string, string>;
  registrations?: { target: string; workspace: string; jobId: string; registrationId: string }[];
}

/** A dependency set is what one resolve phase was served, for the same dependency files, tools and pipeline. */
export interface DependencyUse {
  /** Name of the set: digest of the dependency files and of all that decides how they are resolved. */
  key: string;
  /** `reused`: from an earlier build, nothing was asked of a registry; `resolved`: by this one. */
  how: 'reused' | 'resolved';
  /** A sentence for the author. */
  why: string;
  /** Epoch milliseconds. */
  resolvedAt: number;
  files: number;
  /** The same dependency files may lead to other versions later: the set ages (`build.refresh_after`). */
  floating: boolean;
  /** Blob: what was served. */
  record: Digest;
}

export interface BuildLogLine {
  /** Position, rising: give it back as `after`. */
  id: string;
  text: string;
}

/**
 * State of builds, and the flow that moves them. Every write changes the state and writes its event in one step.
 * `start` is idempotent by id. `advance` refuses (`queue.fenced`) when the build has ended.
 */
export interface BuildLane {
  start(build: Omit<BuildRecord, 'state' | 'createdAt' | 'endedAt' | 'failure' | 'found'>): Promise<BuildRecord>;
  get(id: string): Promise<BuildRecord | undefined>;
  list(limit: number): Promise<BuildRecord[]>;
  /** Enters a stage's state and merges what was found; `event` extras go into the `build.stage` event. */
  advance(
    id: string,
    state: BuildState,
    found: Partial<BuildFindings>,
    note?: Record<string, unknown>,
  ): Promise<BuildRecord>;
  fail(id: string, failure: Failure): Promise<void>;
  cancel(id: string): Promise<void>;
  log(id: string, lines: readonly string[]): Promise<void>;
  readLog(id: string, after: string, count: number, blockMs: number): Promise<BuildLogLine[]>;
  /** Tells a push build whether git has taken the push; the register stage waits for it. Idempotent, first answer wins. */
  confirmPush(id: string, outcome: 'completed' | 'aborted'): Promise<void>;
  pushOutcome(id: string): Promise<'completed' | 'aborted' | undefined>;
}
