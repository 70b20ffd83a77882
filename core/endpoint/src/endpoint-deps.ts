import type {
  ArtifactSet,
  BlobStore,
  BuildLane,
  BuildVerification,
  ClusterBook,
  DeliveryControl,
  Digest,
  EventFeed,
  EventLog,
  Failure,
  GateControl,
  Health,
  History,
  JsonObject,
  Logger,
  NewEvent,
  PartRecord,
  PipelineFile,
  PipelineRevision,
  PipelineStore,
  PluginManifest,
  Registration,
  RegistrationStore,
  RequestLane,
  RequestRecord,
  ResultLinks,
  ScheduleControl,
  TokenStore,
} from '@slowlane/contracts';
import type { FastifyInstance } from 'fastify';
import type { Admission } from './admission.ts';
import type { Oidc } from './oidc.ts';
import type { RateLimit } from './rate-limiter.ts';
import type { FollowLimits } from './silent-readers.ts';

/** All that the REST edge stands on; `core/app` fills it. The endpoint opens no connection itself. */
export interface EndpointDeps {
  requests: RequestLane;
  gate: GateControl;
  builds: BuildLane;
  pipelines: PipelineStore;
  registrations: RegistrationStore;
  tokens: TokenStore;
  /** Epoch ms from which a new token's time counts: the clock by which `tokens` judges it. Default: this machine's. */
  now?(): number;
  /** Takes JWTs of other providers besides our tokens. */
  oidc?: Oidc;
  history: History;
  results: ResultLinks;
  feed: EventFeed;
  blobs: BlobStore;
  /** The event stream: lets a trace include what the archiver has not taken over yet. */
  events?: Pick<EventLog, 'read'>;
  /** Absent where no scheduler and no notifier belong to the installation. */
  schedules?: ScheduleControl;
  deliveries?: DeliveryControl;
  /** Writes an event of its own into the stream; absent where nothing takes it. */
  tell?(event: NewEvent): Promise<unknown>;
  /** Whether a registered job is still on its workspace: people delete jobs by hand. */
  jobExists?(registration: Registration): Promise<boolean>;
  /** Warm clusters; absent where no keeper keeps any. */
  clusters?: Pick<ClusterBook, 'list' | 'get' | 'move' | 'endLease'>;
  /** Publishes and registers the artifact of a build for one more target. Throws `pipeline.*`, `workspace.*`. */
  promote?(buildId: string, target: string): Promise<Registration>;
  plugins(): Promise<PluginManifest[]>;
  /** Reads all that was kept of a build again. */
  verifyBuild(build: { set: ArtifactSet; provenance: Digest }): Promise<BuildVerification>;
  /** Text of the driver's log; `undefined` when there is none (yet). */
  runLog(part: PartRecord): Promise<string | undefined>;
  /** What the driver last said of its progress; may ask the workspace. */
  runProgress?(
    request: RequestRecord,
    part: PartRecord,
  ): Promise<{ step: number; percent?: number; message?: string } | undefined>;
  /** Checks the YAML against schema and policy and stores it as a new revision. Throws `pipeline.*`. */
  applyPipeline(name: string, yamlText: string, by: string): Promise<PipelineRevision>;
  /** Checks the YAML only: names a build and refuses a wrong file before anything starts. Throws `pipeline.*`. */
  parsePipeline?(yamlText: string): Promise<PipelineFile>;
  /** The failure to answer with, when this callback address is not allowed. */
  callbackAllowed(url: string): Failure | undefined;
  /** Quick check of a request's body against the operation's JSON Schema; the mediator checks again. */
  validateBody?(revision: PipelineRevision, body: JsonObject): Failure | undefined;
  /** Secret that webhooks to this audience are signed with; shown once with a new token, and with the pipeline. */
  webhookSecret?(audience: { principal: string } | { pipeline: string }): string;
  /** Refuses new requests while the system is short of something. Absent = never. */
  admission?: Pick<Admission, 'admit'>;
  health(): Promise<Health>;
  /** Aborted when the service is about to end: from then on it is not ready. */
  draining?: AbortSignal;
  version: string;
  /** Where clients reach this service, without a slash at the end: `http://127.0.0.1:8080`. */
  publicUrl: string;
  limits: {
    /** Largest JSON or YAML body, bytes. */
    bodyBytes: number;
    /** Largest archive of POST /v1/sources, bytes. */
    sourceBytes: number;
    /** Calls of one caller, per node. Absent = unlimited. */
    perCaller?: RateLimit;
    /** Of clients that follow a request or a build log and do not read. */
    follow?: Partial<FollowLimits>;
  };
  logger: Logger;
  /** Mounts further plugins with their own authentication (`/git`, `/deps`); error handler and correlation ids are shared. */
  extra?(app: FastifyInstance): void | Promise<void>;
}
