import type { SigningKey } from '@slowlane/artifacts';
import type {
  BlobStore,
  BuildCache,
  BuildLane,
  DependencyGateway,
  JsonObject,
  Logger,
  PipelineRevision,
  PipelineStore,
  PluginHost,
  Policy,
  RegistrationStore,
  RootSpec,
  SandboxDriver,
} from '@slowlane/contracts';
import type { DatabricksClient } from '@slowlane/databricks';
import type { FetchAllowance, Mirror } from '@slowlane/sources';
import type { ApplyDeps } from './apply-pipeline.ts';
import type { BuildLimits } from './build/build-limits.ts';

/** Tells the gate what a pipeline that was just registered declares (`operation.gates.concurrency`). */
export type DeclareLimits = (revision: PipelineRevision) => Promise<void>;

/** Everything the stages work with; `core/app` fills it. */
export interface StageDeps {
  builds: BuildLane;
  pipelines: PipelineStore;
  registrations: RegistrationStore;
  plugins: PluginHost;
  sandbox: SandboxDriver;
  /** What the driver's probe proved; stands in provenances and in the content key. Default `full`. */
  tier?: string;
  /** Root file system of every build, as made by `sandbox/toolchains`. */
  root(): RootSpec;
  /** What the root holds: `[{ name: 'jdk', version: '17.0.15' }, …]`. */
  toolchains: readonly { name: string; version: string }[];
  gateway: DependencyGateway;
  blobs: BlobStore;
  cache: BuildCache;
  /** The pipeline's own copy of its repository. */
  mirror(pipeline: string): Promise<Mirror>;
  /** Where `source.git` may point; default: https, any public host. */
  fetchFrom?: FetchAllowance;
  /** Client of a workspace by its name in the configuration; throws `config.invalid` for an unknown one. */
  workspace(name: string): DatabricksClient;
  /** Pool name -> `new_cluster` settings without `spark_version`. */
  pools: Record<string, JsonObject>;
  /** Python (`3.11`) of the workspaces that run on this machine's own, by their names. */
  localPython?: { version: string; workspaces: readonly string[] };
  policy: Policy;
  /** Text of the `trusted_root.json` that Sigstore bundles are verified by; without it, projects that want one are refused. */
  trustedRoot?: string;
  /** See `ApplyDeps.alsoCheck`: for pipeline files found in a repository. */
  alsoCheck?: ApplyDeps['alsoCheck'];
  /** Signs provenance. */
  signingKey: SigningKey;
  /** Volume folder below which artifact sets are published: `/Volumes/main/slowlane/artifacts`. */
  artifactBase: string;
  /** Trust zone of this installation: builds of different zones never share a cache entry. */
  zone: string;
  declareLimits: DeclareLimits;
  /** Limits of a build's sandbox besides time and memory, which the pipeline file says. */
  limits?: Partial<BuildLimits>;
  /** Folder for files that live as long as one stage; default: the system's. */
  scratchDir?: string;
  clock: { now(): number };
  logger: Logger;
}
