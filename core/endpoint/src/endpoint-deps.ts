import type {
  BlobStore,
  BuildLane,
  DeliveryControl,
  EventFeed,
  EventLog,
  Failure,
  GateControl,
  Health,
  History,
  JsonObject,
  Logger,
  PartRecord,
  PipelineFile,
  PipelineRevision,
  PipelineStore,
  PluginManifest,
  RegistrationStore,
  RequestLane,
  ResultLinks,
  ScheduleControl,
  TokenStore,
} from '@slowlane/contracts';
import type { FastifyInstance } from 'fastify';

/** All that the REST edge stands on; `core/app` fills it. The endpoint opens no connection itself. */
export interface EndpointDeps {
  requests: RequestLane;
  gate: GateControl;
  builds: BuildLane;
  pipelines: PipelineStore;
  registrations: RegistrationStore;
  tokens: TokenStore;
  history: History;
  results: ResultLinks;
  feed: EventFeed;
  blobs: BlobStore;
  /** The event stream: lets a trace include what the archiver has not taken over yet. */
  events?: Pick<EventLog, 'read'>;
  /** Absent where no scheduler and no notifier belong to the installation. */
  schedules?: ScheduleControl;
  deliveries?: DeliveryControl;
  plugins(): Promise<PluginManifest[]>;
  /** Text of the driver's log; `undefined` when there is none (yet). */
  runLog(part: PartRecord): Promise<string | undefined>;
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
  health(): Promise<Health>;
  version: string;
  /** Where clients reach this service, without a slash at the end: `http://127.0.0.1:8080`. */
  publicUrl: string;
  limits: {
    /** Largest JSON or YAML body, bytes. */
    bodyBytes: number;
    /** Largest archive of POST /v1/sources, bytes. */
    sourceBytes: number;
  };
  logger: Logger;
  /** Mounts further plugins with their own authentication (`/git`, `/deps`); error handler and correlation ids are shared. */
  extra?(app: FastifyInstance): void | Promise<void>;
}
