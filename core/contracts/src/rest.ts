import { z } from 'zod';
import { Id, JsonObject, Name, Timestamp } from './common.ts';
import { buildStates, partStates, requestStates } from './states.ts';

/** Shapes of the REST interface: what the endpoint serves and the client reads. Paths begin with `/v1`. */

/** RFC 9457 problem document; `code` is stable (`docs/errors.md`). */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  hint: z.string(),
  correlationId: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.infer<typeof Problem>;

export const FailureView = z.object({
  code: z.string(),
  kind: z.enum(['user', 'platform', 'temporary']),
  message: z.string(),
  hint: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type FailureView = z.infer<typeof FailureView>;

/** A tenant of the gate: the name of a token, a team, a customer. */
export const TenantName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?$/,
    'letters, digits, ".", "_", "@" and "-", 1 to 64 characters',
  );

/** POST /v1/requests */
export const CreateRequest = z.strictObject({
  operation: Name,
  body: JsonObject,
  /** Told at the end by a signed webhook; its host must be in the platform's allowlist. */
  callback: z.url().max(2_000).optional(),
  /** Target of the pipeline file to run on; default: the first one it declares. */
  target: Name.optional(),
  /** Who shares the gate fairly with others; another than the caller needs the scope `tenant:<name>`. */
  tenant: TenantName.optional(),
  /** Epoch ms: its parts wait outside the gate until then. */
  notBefore: Timestamp.optional(),
  /** Epoch ms: what was not submitted by then fails with `request.deadline`. */
  deadline: Timestamp.optional(),
  /** 0 (first) to 9; default: as the pipeline file says. */
  priority: z.int().min(0).max(9).optional(),
  /** Share the request of the same caller with the same operation and body that is in flight, where there is one. */
  coalesce: z.boolean().optional(),
});
export type CreateRequest = z.infer<typeof CreateRequest>;

export const RequestLinks = z.object({
  self: z.string(),
  events: z.string(),
  result: z.string(),
  cancel: z.string(),
  trace: z.string(),
});

/** 202 of POST /v1/requests */
export const RequestAccepted = z.object({
  id: Id,
  correlationId: Id,
  state: z.enum(requestStates),
  operation: Name,
  links: RequestLinks,
});
export type RequestAccepted = z.infer<typeof RequestAccepted>;

export const WaitReason = z.object({
  dimension: z.string(),
  limit: z.int(),
  inUse: z.int(),
  reason: z.string().optional(),
  until: z.number().optional(),
});

/** What limit, use and weight of a dimension count: `micros` are millionths of the price table's currency (budgets), absent means places. */
export const GateUnit = z.literal('micros');
export type GateUnit = z.infer<typeof GateUnit>;

export const GateClosureView = z.object({
  cause: z.string(),
  by: z.string(),
  reason: z.string(),
  at: z.number(),
  until: z.number().optional(),
});

/** Why a part waits, behind whom and until when: `WaitView` of the request lane, word for word. */
export const PartWaitView = z.object({
  dimension: z.string().optional(),
  unit: GateUnit.optional(),
  reason: z.string().optional(),
  limit: z.number().nullable().optional(),
  inUse: z.number().optional(),
  taken: z.number().optional(),
  weight: z.number().optional(),
  closed: z.array(GateClosureView).optional(),
  impossible: z.boolean().optional(),
  holders: z
    .array(
      z.object({
        part: z.string(),
        request: z.string(),
        run: z.string().optional(),
        weight: z.number(),
        grantedAt: z.number(),
      }),
    )
    .optional(),
  position: z.object({ inClass: z.int(), overall: z.int() }).optional(),
  parkedAt: z.number(),
  notBefore: z.number().optional(),
  deadline: z.number().optional(),
  opensAt: z.number().optional(),
  eta: z.object({ earliest: z.number(), latest: z.number() }).optional(),
});
export type PartWaitView = z.infer<typeof PartWaitView>;

export const PartView = z.object({
  id: Id,
  key: z.string(),
  state: z.enum(partStates),
  attempt: z.int(),
  runId: z.string().optional(),
  runPageUrl: z.string().optional(),
  parkedAt: Timestamp,
  grantedAt: Timestamp.optional(),
  submittedAt: Timestamp.optional(),
  endedAt: Timestamp.optional(),
  /** Why it waits, or waited last. */
  waiting: WaitReason.optional(),
  /** What the driver last said. */
  progress: z.object({ step: z.int(), percent: z.number().optional(), message: z.string().optional() }).optional(),
  /** For a part that waits, in GET of its request: the first parts only, so that the answer stays quick. */
  wait: PartWaitView.optional(),
  /** Before: price of the pool x median of past runs; after: x what its runs took. Millionths of the price table's currency. */
  estimateMicros: z.int().optional(),
  costMicros: z.int().optional(),
  failure: FailureView.optional(),
});
export type PartView = z.infer<typeof PartView>;

/** GET /v1/requests/{id} */
export const RequestView = z.object({
  id: Id,
  correlationId: Id,
  operation: Name,
  state: z.enum(requestStates),
  principal: z.string(),
  body: JsonObject,
  pipeline: Name,
  revision: z.int(),
  artifact: z.string(),
  workspace: z.string(),
  acceptedAt: Timestamp,
  endedAt: Timestamp.optional(),
  tenant: z.string().optional(),
  notBefore: Timestamp.optional(),
  deadline: Timestamp.optional(),
  priority: z.int().optional(),
  /** Of the parts that have ended so far, in millionths of the price table's currency; absent without a price. */
  costMicros: z.int().optional(),
  failure: FailureView.optional(),
  /** How many of all its parts are in each state, whatever page of them this is. */
  partStates: z.partialRecord(z.enum(partStates), z.int()).optional(),
  /** What all its parts will probably cost; absent without a price. */
  estimateMicros: z.int().optional(),
  /** A page of its parts, in their order. */
  parts: z.array(PartView),
  /** Id of the last part here, where more follow: `after` of the next page. */
  next: Id.optional(),
  links: RequestLinks,
});
export type RequestView = z.infer<typeof RequestView>;

/** Parts in one answer: as many as a request has at most where the platform's policy does not allow more. */
export const mostPartsInAnswer = 1_000;

export const RequestList = z.object({
  requests: z.array(RequestView.omit({ parts: true, partStates: true, estimateMicros: true, next: true })),
  next: z.string().optional(),
});
export type RequestList = z.infer<typeof RequestList>;

/** POST /v1/requests/{id}/retry */
export const RequestRetried = z.object({ id: Id, parts: z.array(Id) });
export type RequestRetried = z.infer<typeof RequestRetried>;

/**
 * POST /v1/requests/retry and /v1/requests/cancel: every request that all filters match, newest first. Times are epoch ms of acceptance.
 * With `dryRun` nothing is done and the answer says what would be.
 */
export const BulkFilter = z.strictObject({
  operation: Name,
  state: z.enum(requestStates).optional(),
  principal: z.string().max(200).optional(),
  tenant: z.string().max(200).optional(),
  since: Timestamp.optional(),
  until: Timestamp.optional(),
  limit: z.int().min(1).max(1_000).default(100),
  dryRun: z.boolean().default(false),
});
export type BulkFilter = z.infer<typeof BulkFilter>;

export const BulkOutcome = z.object({
  dryRun: z.boolean(),
  done: z.array(Id),
  /** Matched, and could not be: each with its own reason. */
  refused: z.array(z.object({ id: Id, code: z.string(), message: z.string() })),
  /** There may be more than `limit` that match: call again. */
  more: z.boolean(),
});
export type BulkOutcome = z.infer<typeof BulkOutcome>;

/** GET /v1/requests/{id}/result */
export const ResultView = z.object({
  request: Id,
  state: z.enum(requestStates),
  files: z.array(z.object({ name: z.string(), size: z.int(), href: z.string(), expiresAt: Timestamp })),
});
export type ResultView = z.infer<typeof ResultView>;

/** POST /v1/requests/{id}/result/revoke: that link, or without one all that were given out so far. */
export const RevokeLinks = z.strictObject({ link: z.string().max(4_000).optional() });
export type RevokeLinks = z.infer<typeof RevokeLinks>;
export const LinksRevoked = z.object({ request: Id, revoked: z.enum(['one', 'all']) });
export type LinksRevoked = z.infer<typeof LinksRevoked>;

/** One event, as SSE data, in traces and in webhook bodies. */
export const EventView = z.object({
  id: z.string(),
  type: z.string(),
  at: Timestamp,
  correlationId: z.string(),
  subject: z.object({
    pipeline: z.string().optional(),
    build: z.string().optional(),
    request: z.string().optional(),
    part: z.string().optional(),
    run: z.string().optional(),
  }),
  data: JsonObject,
});
export type EventView = z.infer<typeof EventView>;

/** GET /v1/trace/{id} */
export const TraceView = z.object({ id: z.string(), events: z.array(EventView) });
export type TraceView = z.infer<typeof TraceView>;

/** POST /v1/builds: from an uploaded archive (digest of POST /v1/sources) or a git URL. Registers nothing. */
export const CreateBuild = z.strictObject({
  source: z.union([
    z.strictObject({ archive: z.string(), name: z.string().max(200) }),
    z.strictObject({ git: z.string().max(2_000), ref: z.string().max(200).default('main') }),
  ]),
  /** Pipeline file to build under (YAML); without one, the file in the source or the defaults. */
  pipeline: z.string().max(65_536).optional(),
  language: Name.optional(),
  /** Builds again although the tree was built before, and resolves its dependencies anew. */
  refresh: z.boolean().optional(),
});
export type CreateBuild = z.infer<typeof CreateBuild>;

/** POST /v1/pipelines/{name}/builds: from the git source that its file names, as a push would. */
export const BuildPipeline = z.strictObject({
  /** Branch, tag or commit; default: `source.ref` of the file. */
  ref: z.string().min(1).max(200).optional(),
  /** Builds again although the tree was built before, and resolves its dependencies anew. */
  refresh: z.boolean().optional(),
});
export type BuildPipeline = z.infer<typeof BuildPipeline>;

export const BuildView = z.object({
  id: Id,
  correlationId: Id,
  pipeline: Name,
  state: z.enum(buildStates),
  purpose: z.enum(['push', 'register', 'build-only']),
  createdAt: Timestamp,
  endedAt: Timestamp.optional(),
  commit: z.string().optional(),
  plugin: z.string().optional(),
  evidence: z.array(z.string()).optional(),
  cachedFrom: z.string().optional(),
  /** Which dependency set it was made with, and why; of a build that was taken over see that build. */
  dependencies: z
    .object({
      key: z.string(),
      how: z.enum(['reused', 'resolved']),
      why: z.string(),
      resolvedAt: Timestamp,
      files: z.number(),
      /** Whether the same dependency files may lead to other versions later. */
      floating: z.boolean(),
    })
    .optional(),
  /** Why another build of the same tree may give other bytes. */
  varies: z.array(z.string()).optional(),
  artifact: z
    .object({
      digest: z.string(),
      kind: z.string(),
      primary: z.object({ name: z.string(), digest: z.string(), size: z.int() }),
      companions: z.array(z.object({ name: z.string(), digest: z.string(), size: z.int() })),
    })
    .optional(),
  manifest: JsonObject.optional(),
  tests: z.object({ passed: z.int(), failed: z.int(), skipped: z.int() }).optional(),
  /** Lines that the tests ran, and all of them. */
  coverage: z.object({ covered: z.int(), total: z.int() }).optional(),
  registrations: z
    .array(z.object({ target: z.string(), workspace: z.string(), jobId: z.string(), registrationId: z.string() }))
    .optional(),
  failure: FailureView.optional(),
});
export type BuildView = z.infer<typeof BuildView>;
/** GET /v1/builds/{id}/report: what the tests of a build said. */
export const BuildReport = z.object({
  tests: z.object({ passed: z.int(), failed: z.int(), skipped: z.int(), failedNames: z.array(z.string()) }).optional(),
  /** Lines that the tests ran, and all of them, with the minimum (percent) that was asked for. */
  coverage: z.object({ covered: z.int(), total: z.int(), minimum: z.number().optional() }).optional(),
});
export type BuildReport = z.infer<typeof BuildReport>;

/** GET /v1/builds/{id}/verification: everything that was kept of a build, read again. */
export const BuildVerification = z.object({
  /** Digest of the artifact set. */
  artifact: z.string(),
  /** Id of the key that the provenance must be signed with. */
  key: z.string(),
  ok: z.boolean(),
  checks: z.array(z.object({ name: z.string(), digest: z.string(), problem: z.string().optional() })),
});
export type BuildVerification = z.infer<typeof BuildVerification>;

export const BuildList = z.object({ builds: z.array(BuildView), next: z.string().optional() });
export type BuildList = z.infer<typeof BuildList>;

/** POST /v1/sources answers with the digest of the stored archive. */
export const SourceStored = z.object({ digest: z.string(), size: z.int() });
export type SourceStored = z.infer<typeof SourceStored>;

/** PUT /v1/pipelines/{name}: body is the YAML text. */
export const PipelineView = z.object({
  name: Name,
  revision: z.int(),
  origin: z.enum(['applied', 'repository']),
  by: z.string(),
  at: Timestamp,
  text: z.string(),
  gitUrl: z.string(),
  /** Signs the pipeline's own webhooks; shown to tokens with the scope `pipeline`. */
  webhookSecret: z.string().optional(),
  registration: z
    .object({
      id: Id,
      jobId: z.string(),
      workspace: z.string(),
      artifact: z.string(),
      commit: z.string().optional(),
      at: Timestamp,
    })
    .optional(),
});
export type PipelineView = z.infer<typeof PipelineView>;
/** POST /v1/pipelines/{name}/rollback. New requests run the earlier artifact; what was accepted before keeps its own. */
export const RollbackPipeline = z.strictObject({
  /** Default: the first one of the pipeline file. */
  target: Name.optional(),
  /** Digest of the artifact, id of the build or of the registration; default: the artifact before the current one. */
  to: z
    .string()
    .regex(/^(sha256:[0-9a-f]{8,64}|(bld|reg)_[0-9A-Z]{26})$/, 'sha256:… (8 digits or more), bld_… or reg_…')
    .optional(),
});
export type RollbackPipeline = z.infer<typeof RollbackPipeline>;

export const RolledBack = z.object({
  pipeline: Name,
  target: Name,
  workspace: Name,
  from: z.string(),
  to: z.string(),
  jobId: z.string(),
  buildId: z.string(),
  commit: z.string().optional(),
  registrationId: Id,
});
export type RolledBack = z.infer<typeof RolledBack>;

export const PipelineList = z.object({ pipelines: z.array(PipelineView) });

/** A warm cluster of the keeper; `id` is also its tag on the workspace. */
export const ClusterView = z.object({
  id: Id,
  pool: Name,
  workspace: Name,
  state: z.enum(['wanted', 'starting', 'ready', 'ending']),
  /** The workspace's id, once it is known. */
  clusterId: z.string().optional(),
  artifact: z.string(),
  /** Parts that hold a lease on it. */
  parts: z.array(Id),
  createdAt: Timestamp,
  readyAt: Timestamp.optional(),
  idleSince: Timestamp.optional(),
  /** It takes no new part from then on. */
  leaseEndsAt: Timestamp,
  reason: z.string().optional(),
});
export type ClusterView = z.infer<typeof ClusterView>;
/** GET /v1/clusters */
export const ClusterList = z.object({ clusters: z.array(ClusterView) });
export type ClusterList = z.infer<typeof ClusterList>;

/** POST /v1/pipelines/{name}/promote: registers with a target what was built already. */
export const PromotePipeline = z.strictObject({
  target: Name,
  /** Digest of the artifact, or id of the build; default: what is registered with the first other target. */
  artifact: z
    .string()
    .regex(/^(sha256:[0-9a-f]{8,64}|bld_[0-9A-Z]{26})$/, 'sha256:… (8 digits or more) or bld_…')
    .optional(),
});
export type PromotePipeline = z.infer<typeof PromotePipeline>;
export const Promoted = z.object({
  pipeline: Name,
  target: Name,
  workspace: Name,
  artifact: z.string(),
  jobId: z.string(),
  buildId: z.string(),
  commit: z.string().optional(),
  registrationId: Id,
});
export type Promoted = z.infer<typeof Promoted>;

/** POST /v1/tokens; `ttl` like `30d`. */
export const CreateToken = z.strictObject({
  name: z.string().min(1).max(100),
  scopes: z.array(z.string().max(100)).min(1).max(20),
  ttl: z.string().optional(),
});
export type CreateToken = z.infer<typeof CreateToken>;
export const TokenView = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  createdAt: Timestamp,
  expiresAt: Timestamp.optional(),
  revokedAt: Timestamp.optional(),
});
export type TokenView = z.infer<typeof TokenView>;
/** `webhookSecret` (`whsec_…`) signs the callbacks of requests made by tokens of this name. */
export const TokenCreated = z.object({ token: TokenView, secret: z.string(), webhookSecret: z.string().optional() });
export type TokenCreated = z.infer<typeof TokenCreated>;
export const TokenList = z.object({ tokens: z.array(TokenView) });

export const PluginList = z.object({
  plugins: z.array(
    z.object({
      id: z.string(),
      version: z.string(),
      contract: z.int(),
      toolchains: z.array(z.string()),
      registries: z.array(z.string()),
    }),
  ),
});
export type PluginList = z.infer<typeof PluginList>;

/** GET /v1/runs/{id} (id of the workspace's run) */
export const RunView = z.object({
  runId: z.string(),
  part: Id,
  request: Id,
  state: z.enum(partStates),
  workspace: z.string(),
  runPageUrl: z.string().optional(),
  /** What the driver last wrote into its `progress` folder. */
  progress: z.object({ step: z.int(), percent: z.number().optional(), message: z.string().optional() }).optional(),
});
export type RunView = z.infer<typeof RunView>;

/** GET /v1/health: open to all, says no more than this. */
export const Health = z.object({
  status: z.enum(['ok', 'degraded']),
  version: z.string(),
  checks: z.record(z.string(), z.enum(['ok', 'failed'])),
});
export type Health = z.infer<typeof Health>;
