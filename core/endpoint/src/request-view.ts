import type {
  Failure,
  FailureView,
  PartRecord,
  PartView,
  PartWaitView,
  RequestList,
  RequestRecord,
  RequestView,
  WaitView,
} from '@slowlane/contracts';
import { unitOf } from './gates-of.ts';
import type { PartPage } from './part-page.ts';

type Summary = RequestList['requests'][number];

export function requestView(
  request: RequestRecord,
  { parts, tally, next }: PartPage,
  { publicUrl, waits }: { publicUrl: string; waits?: ReadonlyMap<string, WaitView> },
): RequestView {
  return {
    ...requestSummary(request, publicUrl),
    partStates: tally.states,
    estimateMicros: tally.estimateMicros,
    next,
    parts: parts.map((part) => ({ ...partView(part), wait: partWaitView(waits?.get(part.id)) })),
  };
}

export function requestSummary(request: RequestRecord, publicUrl: string): Summary {
  return {
    id: request.id,
    correlationId: request.correlationId,
    operation: request.operation,
    state: request.state,
    principal: request.principal,
    body: request.body,
    pipeline: request.pin.pipeline,
    revision: request.pin.revision,
    artifact: request.pin.artifact,
    workspace: request.pin.workspace,
    acceptedAt: request.acceptedAt,
    endedAt: request.endedAt,
    tenant: request.tenant,
    notBefore: request.notBefore,
    deadline: request.deadline,
    priority: request.priority,
    costMicros: request.costMicros,
    failure: failureView(request.failure),
    links: requestLinks(request.id, publicUrl),
  };
}

export function requestLinks(id: string, publicUrl: string): Summary['links'] {
  const self = `${publicUrl}/v1/requests/${id}`;
  return {
    self,
    events: `${self}/events`,
    result: `${self}/result`,
    cancel: `${self}/cancel`,
    trace: `${publicUrl}/v1/trace/${id}`,
  };
}

function partWaitView(wait: WaitView | undefined): PartWaitView | undefined {
  if (wait === undefined) return undefined;
  const { part: _part, request: _request, state: _state, ...why } = wait;
  return { ...why, unit: unitOf(why.dimension) };
}

function partView(part: PartRecord): PartView {
  return {
    id: part.id,
    key: part.key,
    state: part.state,
    attempt: part.attempt,
    runId: part.runId,
    runPageUrl: part.runPageUrl,
    parkedAt: part.parkedAt,
    grantedAt: part.grantedAt,
    submittedAt: part.submittedAt,
    endedAt: part.endedAt,
    waiting: part.waiting,
    progress: part.progress,
    estimateMicros: part.estimateMicros,
    costMicros: part.costMicros,
    failure: failureView(part.failure),
  };
}

export function failureView(failure: Failure | undefined): FailureView | undefined {
  if (failure === undefined) return undefined;
  const { code, kind, message, hint, data } = failure;
  return { code, kind, message, hint, data };
}
