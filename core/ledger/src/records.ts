import type {
  BuildRecord,
  BuildState,
  PartRecord,
  PartState,
  RequestRecord,
  RequestState,
  SlowLaneEvent,
  EventType,
} from '@slowlane/contracts';
import type { Selectable } from 'kysely';
import { optional, parsed } from './column.ts';
import type { BuildTable, EventTable, PartTable, RequestTable } from './database.ts';

/** Rows of the read model as the records that the queue gives: a caller cannot tell where one came from. */
export function requestOf(row: Selectable<RequestTable>): RequestRecord {
  return {
    id: row.id,
    correlationId: row.correlation,
    traceparent: optional(row.traceparent),
    operation: row.operation,
    principal: row.principal,
    body: JSON.parse(row.body) as RequestRecord['body'],
    mediated: parsed(row.mediated),
    callback: optional(row.callback),
    pin: {
      pipeline: row.pipeline,
      revision: row.revision,
      registrationId: row.registration,
      artifact: row.artifact,
      workspace: row.workspace,
    },
    state: row.state as RequestState,
    parts: { total: row.parts_total, ended: row.parts_ended },
    acceptedAt: row.accepted_at,
    endedAt: optional(row.ended_at),
    failure: parsed(row.failure),
    result: parsed(row.result),
    resultPath: optional(row.result_path),
    endEventId: optional(row.end_event),
    tenant: optional(row.tenant),
    notBefore: optional(row.not_before),
    deadline: optional(row.deadline),
    priority: optional(row.priority),
    costMicros: optional(row.cost),
  };
}

export function partOf(row: Selectable<PartTable>): PartRecord {
  return {
    id: row.id,
    requestId: row.request,
    index: row.idx,
    key: row.key,
    document: JSON.parse(row.document) as PartRecord['document'],
    state: row.state as PartState,
    attempt: row.attempt,
    token: optional(row.token),
    runId: optional(row.run_id),
    runPageUrl: optional(row.run_page_url),
    parkedAt: row.parked_at,
    grantedAt: optional(row.granted_at),
    submittedAt: optional(row.submitted_at),
    endedAt: optional(row.ended_at),
    failure: parsed(row.failure),
    waiting: parsed(row.waiting),
    cancelRequested: row.cancel === 1,
    log: optional(row.log),
    estimateMicros: optional(row.estimate),
    costMicros: optional(row.cost),
  };
}

export function buildOf(row: Selectable<BuildTable>): BuildRecord {
  return {
    id: row.id,
    correlationId: row.correlation,
    pipeline: row.pipeline,
    revision: optional(row.revision),
    source: JSON.parse(row.source) as BuildRecord['source'],
    purpose: JSON.parse(row.purpose) as BuildRecord['purpose'],
    principal: row.principal,
    language: optional(row.language),
    driver: optional(row.driver),
    state: row.state as BuildState,
    createdAt: row.created_at,
    endedAt: optional(row.ended_at),
    failure: parsed(row.failure),
    found: JSON.parse(row.found) as BuildRecord['found'],
  };
}

export function eventOf(row: Selectable<EventTable>): SlowLaneEvent {
  return {
    id: `${row.ms}-${row.n}`,
    type: row.type as EventType,
    at: row.ms,
    correlationId: row.correlation,
    subject: {
      ...(row.pipeline === null ? {} : { pipeline: row.pipeline }),
      ...(row.build === null ? {} : { build: row.build }),
      ...(row.request === null ? {} : { request: row.request }),
      ...(row.part === null ? {} : { part: row.part }),
      ...(row.run === null ? {} : { run: row.run }),
    },
    data: JSON.parse(row.data) as SlowLaneEvent['data'],
  };
}
