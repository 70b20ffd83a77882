import { hash } from 'node:crypto';
import {
  type ApiToken,
  type CreateRequest,
  type NewRequest,
  type Pin,
  type PipelineRevision,
  type RequestRecord,
  SlowLaneError,
} from '@slowlane/contracts';
import { canonicalJson, nearest, newId, pinTo, tenantOf } from '@slowlane/kit';
import { requireScope } from './access.ts';
import type { EndpointDeps } from './endpoint-deps.ts';
import { targetOf } from './target-of.ts';

export interface Call {
  caller: ApiToken;
  correlationId: string;
  traceparent: string | undefined;
  idempotencyKey: string | undefined;
  body: CreateRequest;
}

/**
 * Makes a request durable, pinned to the revision and the job that are current at this moment. A repeat with the same Idempotency-Key answers
 * with the first request. Throws `request.operation-unknown`, `pipeline.not-registered`, `request.body-invalid`, `request.callback-refused`,
 * `request.key-reused`, `request.deadline`, `request.overload`, `request.backlog`, `auth.scope`, `queue.*`.
 */
export async function acceptRequest(
  deps: EndpointDeps,
  call: Call,
): Promise<{ request: RequestRecord; replayed: boolean; coalesced: boolean }> {
  const { operation, body, callback } = call.body;
  requireScope(call.caller, [`request:${operation}`]);
  requireTenant(call);
  deps.admission?.admit(operation);
  const revision = await findOperation(deps, operation);
  const invalid =
    deps.validateBody?.(revision, body) ?? (callback === undefined ? undefined : deps.callbackAllowed(callback));
  if (invalid !== undefined) throw SlowLaneError.from(invalid);
  const isShared = call.body.coalesce === true;
  const fingerprint = isShared || call.idempotencyKey !== undefined ? fingerprintOf(call.body) : undefined;
  const accepted = await deps.requests.accept({
    id: newId('req'),
    correlationId: call.correlationId,
    traceparent: call.traceparent,
    operation,
    principal: call.caller.name,
    body,
    callback,
    pin: await pin(deps, revision, call.body.target),
    redact: revision.file.operation.redact ?? [],
    idempotency: idempotencyOf(call.idempotencyKey, fingerprint),
    tenant: tenantOf(revision.file, { principal: call.caller.name, body, tenant: call.body.tenant }),
    ...wishesOf(call.body),
    // Only the caller's own requests are shared, so that nobody sees another's by guessing its body.
    ...(isShared ? { coalesceKey: `${call.caller.name}\n${fingerprint}` } : {}),
  });
  return { request: accepted.request, replayed: accepted.replayed, coalesced: accepted.coalesced === true };
}

function requireTenant({ caller, body: { tenant } }: Call): void {
  if (tenant !== undefined && tenant !== caller.name) requireScope(caller, [`tenant:${tenant}`]);
}

function wishesOf({ notBefore, deadline, priority }: CreateRequest): Partial<NewRequest> {
  return {
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(priority === undefined ? {} : { priority }),
  };
}

async function findOperation(deps: EndpointDeps, operation: string): Promise<PipelineRevision> {
  const revision = await deps.pipelines.get(operation);
  if (revision !== undefined) return revision;
  const names = (await deps.pipelines.list()).map(({ name }) => name);
  const near = nearest(operation, names);
  throw new SlowLaneError('request.operation-unknown', `there is no operation "${operation}"`, {
    ...(near === undefined ? {} : { hint: `Did you mean "${near}"? List them with: slowlane pipeline ls` }),
    ...(near === undefined ? {} : { data: { nearest: near } }),
  });
}

async function pin(deps: EndpointDeps, revision: PipelineRevision, wanted: string | undefined): Promise<Pin> {
  const target = targetOf(revision, wanted);
  return pinTo(revision, target, await deps.registrations.current(revision.name, target));
}

type Fingerprint = `sha256:${string}`;

function fingerprintOf(body: CreateRequest): Fingerprint {
  return `sha256:${hash('sha256', canonicalJson(body))}`;
}

function idempotencyOf(key: string | undefined, fingerprint: Fingerprint | undefined): NewRequest['idempotency'] {
  return key === undefined || fingerprint === undefined ? undefined : { key, fingerprint };
}
