import {
  BuildList,
  BuildView,
  CreateBuild,
  CreateRequest,
  EventView,
  FailureView,
  GateList,
  Health,
  Id,
  Json,
  Name,
  PartView,
  PipelineList,
  PipelineView,
  PluginList,
  Problem,
  RequestAccepted,
  RequestList,
  RequestView,
  ResultView,
  RunView,
  SetGate,
  SourceStored,
  TokenCreated,
  TokenList,
  TokenView,
  TraceView,
} from '@slowlane/contracts';
import { z } from 'zod';

/** Parts of calls that several routes share. */
export const ById = z.object({ id: Id });
export const ByName = z.object({ name: Name });
/** Id of anything in a chain: our own, a run's, a digest, a commit. */
export const AnyId = z.object({ id: z.string().regex(/^[A-Za-z0-9_:.-]{1,100}$/) });

export const Page = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `next` of the page before. */
  before: Id.optional(),
});

export const Dimension = z
  .string()
  .regex(
    /^(\*|(op|pool|ws|res):[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?)$/,
    '"*", or "op:", "pool:", "ws:" or "res:" and a name',
  );

export const Scope = z
  .string()
  .regex(
    /^(admin|read|build|pipeline|gate|deps|(push|request):(\*|[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?))$/,
    'admin, read, build, pipeline, gate, deps, push:<pipeline or *> or request:<operation or *>',
  );

export const IdempotencyKey = z.string().regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters');

/** Schemas that have a name of their own in the OpenAPI document. */
export const namedSchemas = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries({
  BuildList,
  BuildView,
  CreateBuild,
  CreateRequest,
  EventView,
  FailureView,
  GateList,
  Health,
  Json,
  PartView,
  PipelineList,
  PipelineView,
  PluginList,
  Problem,
  RequestAccepted,
  RequestList,
  RequestView,
  ResultView,
  RunView,
  SetGate,
  SourceStored,
  TokenCreated,
  TokenList,
  TokenView,
  TraceView,
})) {
  namedSchemas.add(schema, { id });
}
