import {
  BuildList,
  BuildReport,
  BuildVerification,
  BuildView,
  type BulkFilter,
  BulkOutcome,
  type BuildPipeline,
  type CreateBuild,
  type CreateRequest,
  type CreateToken,
  type EventView,
  GateList,
  Health,
  JsonObject,
  type MarkBusy,
  type PauseGate,
  PipelineList,
  PipelineView,
  PluginList,
  type ReleaseGate,
  RequestAccepted,
  RequestList,
  RequestRetried,
  RequestView,
  type RequestState,
  ResultView,
  RolledBack,
  type RollbackPipeline,
  RunView,
  type SetGate,
  SourceStored,
  TokenCreated,
  TokenList,
  TraceView,
} from '@slowlane/contracts';
import { automationCalls, type AutomationCalls } from './automation-calls.ts';
import { createCaller, type Caller } from './call.ts';
import { clusterCalls, type ClusterCalls } from './cluster-calls.ts';
import { followBuildLog } from './follow-build-log.ts';
import { followEvents } from './follow-events.ts';
import { getWholeRequest } from './get-whole-request.ts';
import { waitForRequest } from './wait-for-request.ts';

export interface ClientOptions {
  /** Where the service is: `http://127.0.0.1:8080`. */
  url: string;
  /** Bearer token; not needed for health and result links. */
  token?: string | undefined;
  fetch?: typeof fetch | undefined;
}

/** What defaults may be left out of. */
export type BulkFilterInput = Partial<BulkFilter> & Pick<BulkFilter, 'operation'>;

/** Following goes on by itself through breaks of the connection and restarts of the service. */
export interface FollowOptions {
  signal?: AbortSignal | undefined;
  /** How long the service may be away before following gives up, milliseconds (default 120,000). */
  patienceMs?: number | undefined;
}

/**
 * Every call of the REST interface, with checked answers. Each method throws `SlowLaneError` with the code of the problem document, or
 * `cli.not-running` when nothing answers at the address.
 */
export interface SlowLaneClient extends AutomationCalls, ClusterCalls {
  createRequest(
    body: CreateRequest,
    options?: { idempotencyKey?: string; traceparent?: string },
  ): Promise<RequestAccepted>;
  /** Newest first; `since` (from) and `until` (before) are epoch ms of acceptance. */
  listRequests(query?: {
    operation?: string;
    state?: RequestState;
    principal?: string;
    tenant?: string;
    since?: number;
    until?: number;
    before?: string;
    limit?: number;
  }): Promise<RequestList>;
  /** With a page of its parts (at most 1,000); `after`: the `next` of the page before. */
  getRequest(id: string, query?: { after?: string; limit?: number }): Promise<RequestView>;
  /** With all its parts, however many. */
  getWholeRequest(id: string): Promise<RequestView>;
  cancelRequest(id: string): Promise<RequestView>;
  /** Runs again what did not succeed of a request that failed or was cancelled. */
  retryRequest(id: string): Promise<RequestRetried>;
  /** The same for all that match; with `dryRun` nothing is done. */
  retryRequests(filter: BulkFilterInput): Promise<BulkOutcome>;
  cancelRequests(filter: BulkFilterInput): Promise<BulkOutcome>;
  /** `ttl`: how long its links are good for, at most as long as the operation says. */
  getResult(id: string, query?: { ttl?: string }): Promise<ResultView>;
  /** Opens a result file by its link. */
  openResult(href: string): Promise<Response>;
  /** Events from the first one, or after `after`, until the end event. */
  followEvents(id: string, options?: FollowOptions & { after?: string | undefined }): AsyncGenerator<EventView>;
  /** Resolves when the request has ended, in whatever state. */
  waitForRequest(id: string, options?: FollowOptions): Promise<RequestView>;

  uploadSource(archive: Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>): Promise<SourceStored>;
  createBuild(body: CreateBuild): Promise<BuildView>;
  /** From the git source that the pipeline file names; it registers what it builds. */
  buildPipeline(name: string, body: BuildPipeline): Promise<BuildView>;
  listBuilds(query?: { pipeline?: string; before?: string; limit?: number; artifact?: string }): Promise<BuildList>;
  getBuild(id: string): Promise<BuildView>;
  getBuildLog(id: string): Promise<string>;
  /** Lines as they are written, until the build has ended. */
  followBuildLog(id: string, options?: FollowOptions): AsyncGenerator<string>;
  openArtifact(id: string, name: string): Promise<Response>;
  getProvenance(id: string): Promise<JsonObject>;
  /** CycloneDX 1.6. */
  getSbom(id: string): Promise<JsonObject>;
  getBuildReport(id: string): Promise<BuildReport>;
  verifyBuild(id: string): Promise<BuildVerification>;
  cancelBuild(id: string): Promise<BuildView>;

  applyPipeline(name: string, yamlText: string): Promise<PipelineView>;
  rollbackPipeline(name: string, rollback: RollbackPipeline): Promise<RolledBack>;
  listPipelines(): Promise<PipelineView[]>;
  getPipeline(name: string, revision?: number): Promise<PipelineView>;

  listGates(): Promise<GateList>;
  setGate(dimension: string, body: SetGate): Promise<GateList>;
  resetGate(dimension: string): Promise<GateList>;
  pauseGate(dimension: string, body: PauseGate): Promise<GateList>;
  releaseGate(dimension: string, body: ReleaseGate): Promise<GateList>;
  /** Postpones what would start there until `markFree` of the same caller, or until a time. */
  markBusy(dimension: string, body: MarkBusy): Promise<GateList>;
  markFree(dimension: string): Promise<GateList>;
  postMetric(name: string, value: number): Promise<GateList>;

  createToken(body: CreateToken): Promise<TokenCreated>;
  listTokens(): Promise<ReturnType<typeof TokenList.parse>>;
  revokeToken(id: string): Promise<void>;

  listPlugins(): Promise<PluginList>;
  getRun(id: string): Promise<RunView>;
  getRunLog(id: string): Promise<string>;
  trace(id: string): Promise<TraceView>;
  /** Also when the service says that it is degraded. */
  health(): Promise<Health>;
}

export function createClient(options: ClientOptions): SlowLaneClient {
  const caller = createCaller(options);
  return {
    ...requestCalls(caller),
    ...buildCalls(caller),
    ...platformCalls(caller),
    ...automationCalls(caller),
    ...clusterCalls(caller),
  };
}

type RequestCalls = Pick<
  SlowLaneClient,
  | 'createRequest'
  | 'listRequests'
  | 'getRequest'
  | 'getWholeRequest'
  | 'cancelRequest'
  | 'retryRequest'
  | 'retryRequests'
  | 'cancelRequests'
  | 'getResult'
  | 'openResult'
  | 'followEvents'
  | 'waitForRequest'
>;

function requestCalls(caller: Caller): RequestCalls {
  const at = (id: string, rest = ''): string => `/v1/requests/${encodeURIComponent(id)}${rest}`;
  return {
    createRequest: (body, { idempotencyKey, traceparent } = {}) =>
      caller.json(RequestAccepted, '/v1/requests', {
        method: 'POST',
        json: body,
        headers: { 'idempotency-key': idempotencyKey, traceparent },
      }),
    listRequests: (query) => caller.json(RequestList, '/v1/requests', { query }),
    getRequest: (id, query) => caller.json(RequestView, at(id), query === undefined ? {} : { query }),
    getWholeRequest: (id) => getWholeRequest(caller, id),
    cancelRequest: (id) => caller.json(RequestView, at(id, '/cancel'), { method: 'POST' }),
    retryRequest: (id) => caller.json(RequestRetried, at(id, '/retry'), { method: 'POST' }),
    retryRequests: (json) => caller.json(BulkOutcome, '/v1/requests/retry', { method: 'POST', json }),
    cancelRequests: (json) => caller.json(BulkOutcome, '/v1/requests/cancel', { method: 'POST', json }),
    getResult: (id, query) => caller.json(ResultView, at(id, '/result'), query === undefined ? {} : { query }),
    openResult: (href) => caller.open(href, { anonymous: true }),
    followEvents: (id, options) => followEvents(caller, id, options),
    waitForRequest: (id, options) => waitForRequest(caller, id, options),
  };
}

type BuildCalls = Pick<
  SlowLaneClient,
  | 'uploadSource'
  | 'createBuild'
  | 'buildPipeline'
  | 'listBuilds'
  | 'getBuild'
  | 'getBuildLog'
  | 'followBuildLog'
  | 'openArtifact'
  | 'getProvenance'
  | 'getSbom'
  | 'getBuildReport'
  | 'verifyBuild'
  | 'cancelBuild'
>;

function buildCalls(caller: Caller): BuildCalls {
  const at = (id: string, rest = ''): string => `/v1/builds/${encodeURIComponent(id)}${rest}`;
  return {
    uploadSource: (archive) =>
      caller.json(SourceStored, '/v1/sources', { method: 'POST', body: archive, contentType: 'application/gzip' }),
    createBuild: (body) => caller.json(BuildView, '/v1/builds', { method: 'POST', json: body }),
    buildPipeline: (name, json) =>
      caller.json(BuildView, `/v1/pipelines/${encodeURIComponent(name)}/builds`, { method: 'POST', json }),
    listBuilds: (query) => caller.json(BuildList, '/v1/builds', { query }),
    getBuild: (id) => caller.json(BuildView, at(id)),
    getBuildLog: (id) => caller.text(at(id, '/log')),
    followBuildLog: (id, options) => followBuildLog(caller, id, options),
    openArtifact: (id, name) => caller.open(at(id, `/artifact/${encodeURIComponent(name)}`)),
    getProvenance: (id) => caller.json(JsonObject, at(id, '/provenance')),
    getSbom: (id) => caller.json(JsonObject, at(id, '/sbom')),
    getBuildReport: (id) => caller.json(BuildReport, at(id, '/report')),
    verifyBuild: (id) => caller.json(BuildVerification, at(id, '/verification')),
    cancelBuild: (id) => caller.json(BuildView, at(id, '/cancel'), { method: 'POST' }),
  };
}

type PlatformCalls = Omit<
  SlowLaneClient,
  keyof RequestCalls | keyof BuildCalls | keyof AutomationCalls | keyof ClusterCalls
>;

function platformCalls(caller: Caller): PlatformCalls {
  const pipelineAt = (name: string): string => `/v1/pipelines/${encodeURIComponent(name)}`;
  const gateAt = (dimension: string): string => `/v1/gates/${encodeURIComponent(dimension)}`;
  const runAt = (id: string): string => `/v1/runs/${encodeURIComponent(id)}`;
  return {
    applyPipeline: (name, yamlText) =>
      caller.json(PipelineView, pipelineAt(name), { method: 'PUT', body: yamlText, contentType: 'text/yaml' }),
    rollbackPipeline: (name, rollback) =>
      caller.json(RolledBack, `${pipelineAt(name)}/rollback`, { method: 'POST', json: rollback }),
    listPipelines: async () => (await caller.json(PipelineList, '/v1/pipelines')).pipelines,
    getPipeline: (name, revision) => caller.json(PipelineView, pipelineAt(name), { query: { revision } }),
    listGates: () => caller.json(GateList, '/v1/gates'),
    setGate: (dimension, body) => caller.json(GateList, gateAt(dimension), { method: 'PUT', json: body }),
    resetGate: (dimension) => caller.json(GateList, gateAt(dimension), { method: 'DELETE' }),
    pauseGate: (dimension, json) => caller.json(GateList, `${gateAt(dimension)}/pause`, { method: 'POST', json }),
    releaseGate: (dimension, json) => caller.json(GateList, `${gateAt(dimension)}/release`, { method: 'POST', json }),
    markBusy: (dimension, json) => caller.json(GateList, `${gateAt(dimension)}/busy`, { method: 'PUT', json }),
    markFree: (dimension) => caller.json(GateList, `${gateAt(dimension)}/busy`, { method: 'DELETE' }),
    postMetric: (name, value) =>
      caller.json(GateList, `/v1/metrics/${encodeURIComponent(name)}`, { method: 'PUT', json: { value } }),
    createToken: (body) => caller.json(TokenCreated, '/v1/tokens', { method: 'POST', json: body }),
    listTokens: () => caller.json(TokenList, '/v1/tokens'),
    revokeToken: async (id) => void (await caller.text(`/v1/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' })),
    listPlugins: () => caller.json(PluginList, '/v1/plugins'),
    getRun: (id) => caller.json(RunView, runAt(id)),
    getRunLog: (id) => caller.text(`${runAt(id)}/log`),
    trace: (id) => caller.json(TraceView, `/v1/trace/${encodeURIComponent(id)}`),
    health: () => caller.json(Health, '/v1/health', { anonymous: true, alsoStatus: 503 }),
  };
}
