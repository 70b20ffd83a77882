import type { Json, JsonObject } from './common.ts';

/**
 * Everything that happens, in the order it happened. An event is written in the same step as the state it tells of; archive, ledger,
 * SSE, notifications and the trace are projections of this stream.
 */
export interface SlowLaneEvent {
  /** Redis stream id, `<ms>-<n>`: unique and rising. */
  id: string;
  type: EventType;
  /** Epoch milliseconds by Redis' clock. */
  at: number;
  correlationId: string;
  subject: EventSubject;
  data: JsonObject;
}

export interface EventSubject {
  pipeline?: string | undefined;
  build?: string | undefined;
  request?: string | undefined;
  part?: string | undefined;
  run?: string | undefined;
}

/**
 * `data` by type (besides free extras). The ledger knows nothing but these, so they carry all that it shows:
 * push.received {ref, commit, principal} · push.completed {} · push.aborted {}
 * build.queued {pipeline, revision, source, purpose, principal, language?, driver?}
 * build.stage {stage, found: what the stage found (Partial<BuildFindings>), …its note} · build.cached {fromBuild, contentKey}
 * build.registered {jobId, workspace, artifact, found} · build.built {found} · build.failed {failure} · build.cancelled {}
 * request.accepted {operation, principal, revision, registrationId, artifact, workspace, body, callback?, traceparent?}
 * request.mediated {parts: [{part, key}], total? (above 1,000 parts; the first 1,000 are listed), body, resultPath, claim: {dimension: weight}, priority} · request.cancelling {by} · request.joining {}
 * request.succeeded {files, missing?: [{key, state, code?, message?}]} · request.nothing-to-do {} · request.failed {failure} · request.cancelled {by?}   (the end events)
 * part.parked {key, index, document, estimateMicros?; when it is run again: key, index, attempt} · part.waiting {dimension, limit, inUse, ahead: parts of the same claim before it, or reason and until for one held back with its slot} · part.granted {waitedMs}
 * part.submitting {attempt, token, node} · part.running {runId, attempt, runPageUrl?} · part.cancelling {}
 * part.unknown {attempt, failure: a run may have been started and cannot be found; the slot is kept until a person cancels}
 * part.progress {attempt, step, percent?, message?}
 * part.retrying {attempt: the one that failed, failure} · part.ended {state, attempt, failure?, runMs, log?}
 * delivery.sent {url, status, attempt, eventId} · delivery.failed {url, attempt, failure}
 * request.retried {by, parts: ids of the new attempts}
 * gate.limit {dimension, limit: null when reset, by, reason} · gate.closed {dimension, cause, by, reason, until?} · gate.opened {dimension, cause, by}
 * gate.drained {dimension} · gate.drift {dimension, of: use | waiting, counted, actual} · gate.foreign {workspace, count, pools?, runs?}
 * cluster.wanted|starting|ready|ending|ended {cluster, pool, workspace, digest, artifact, clusterId?, reason?} · cluster.swept {workspace, clusterId, cluster}
 * pipeline.promoted {target, artifact, registrationId, by}
 * gate.month {dimension, month: the one that ended, spent} · pipeline.applied {revision, by} · pipeline.rolled-back {target, from, to: digests, registrationId, by} · result.expired {files: how many were deleted}
 * event.unreadable {entry: as it lies in the stream, reason}: something else than us wrote into the stream; goes to quarantine
 */
export const eventTypes = [
  'push.received',
  'push.completed',
  'push.aborted',
  'build.queued',
  'build.stage',
  'build.cached',
  'build.registered',
  'build.built',
  'build.failed',
  'build.cancelled',
  'request.accepted',
  'request.mediated',
  'request.cancelling',
  'request.joining',
  'request.retried',
  'request.succeeded',
  'request.nothing-to-do',
  'request.failed',
  'request.cancelled',
  'part.parked',
  'part.waiting',
  'part.granted',
  'part.submitting',
  'part.running',
  'part.cancelling',
  'part.progress',
  'part.retrying',
  'part.unknown',
  'part.ended',
  'delivery.sent',
  'delivery.failed',
  'gate.limit',
  'gate.closed',
  'gate.opened',
  'gate.drained',
  'gate.drift',
  'gate.foreign',
  'gate.month',
  'cluster.wanted',
  'cluster.starting',
  'cluster.ready',
  'cluster.ending',
  'cluster.ended',
  'cluster.swept',
  'pipeline.applied',
  'pipeline.rolled-back',
  'pipeline.promoted',
  'result.expired',
  'event.unreadable',
] as const;
export type EventType = (typeof eventTypes)[number];

export const requestEndEvents = [
  'request.succeeded',
  'request.nothing-to-do',
  'request.failed',
  'request.cancelled',
] as const satisfies EventType[];

export interface NewEvent {
  type: EventType;
  correlationId: string;
  subject: EventSubject;
  data?: Record<string, Json | undefined>;
}

/**
 * The stream as its readers see it. `read` returns events after `after` (exclusive, `0-0` = from the start), waiting up to `blockMs`
 * when there are none. `last` is the newest id. `trim` removes what lies before the id: only the archiver calls it, after its commit.
 */
export interface EventLog {
  append(event: NewEvent): Promise<string>;
  read(after: string, count: number, blockMs: number): Promise<SlowLaneEvent[]>;
  last(): Promise<string>;
  trim(before: string): Promise<void>;
}
