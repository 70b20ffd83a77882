import type { Digest, JsonObject } from '../common.ts';
import type { Failure } from '../error.ts';
import type { PartState, RequestState } from '../states.ts';

/** What a request is pinned to when it is accepted: a later push or revision does not change it. */
export interface Pin {
  pipeline: string;
  revision: number;
  registrationId: string;
  artifact: Digest;
  workspace: string;
}

export interface NewRequest {
  id: string;
  correlationId: string;
  /** W3C trace context of the caller, kept word for word. */
  traceparent: string | undefined;
  operation: string;
  principal: string;
  body: JsonObject;
  callback: string | undefined;
  pin: Pin;
  idempotency: { key: string; fingerprint: Digest } | undefined;
}

export interface RequestRecord {
  id: string;
  correlationId: string;
  traceparent: string | undefined;
  operation: string;
  principal: string;
  /** As it came; after mediation `mediated` holds what the parts were made from. */
  body: JsonObject;
  mediated: JsonObject | undefined;
  callback: string | undefined;
  pin: Pin;
  state: RequestState;
  parts: { total: number; ended: number };
  acceptedAt: number;
  endedAt: number | undefined;
  failure: Failure | undefined;
  result: ResultFile[] | undefined;
  /** Volume folder of the result. */
  resultPath: string | undefined;
  /** Stream id of the one `request.*` end event. */
  endEventId?: string | undefined;
}

export interface ResultFile {
  /** `delays.csv`, or `EWR/report.html` for a file of one part. */
  name: string;
  path: string;
  size: number;
}

export interface NewPart {
  /** Short name of the part in people's eyes: the value it was split by, or `all`. `[A-Za-z0-9._-]{1,64}` */
  key: string;
  /** The request document the driver gets. */
  document: JsonObject;
}

export interface PartRecord {
  id: string;
  requestId: string;
  index: number;
  key: string;
  document: JsonObject;
  state: PartState;
  attempt: number;
  token: string | undefined;
  runId: string | undefined;
  runPageUrl: string | undefined;
  parkedAt: number;
  grantedAt: number | undefined;
  submittedAt: number | undefined;
  endedAt: number | undefined;
  failure: Failure | undefined;
  /** Why it waits (or waited last): the gate dimension without room, its limit and use when it was looked at. */
  waiting: { dimension: string; limit: number; inUse: number } | undefined;
  cancelRequested: boolean;
  /** Blob: the driver's log, once the part has ended. */
  log: Digest | undefined;
}

/** Gate claims of each part: dimension -> weight. Dimensions: `*`, `op:<name>`, `pool:<name>`, `ws:<name>`, `res:<name>`. */
export interface GateClaim {
  dimensions: Record<string, number>;
  /** 0 (first) to 9. */
  priority: number;
}

/**
 * State of requests and parts, and the gate between mediate and finish. Each method is one atomic step that changes state, gate and outbox and
 * writes its events together; each is safe to repeat. Times come from Redis. Throws `queue.unavailable` when Redis does not answer.
 */
export interface RequestLane {
  /**
   * Makes the request durable and puts its mediation in the outbox. The same id again, or the same idempotency key of the same principal
   * with the same fingerprint, returns the first request with `replayed: true`; with another fingerprint throws `request.key-reused`.
   */
  accept(request: NewRequest): Promise<{ request: RequestRecord; replayed: boolean }>;
  get(id: string): Promise<RequestRecord | undefined>;
  parts(id: string): Promise<PartRecord[]>;
  part(id: string): Promise<PartRecord | undefined>;

  /** mediator: takes the request in hand. False when it is past that (a doubled queue job). */
  beginMediation(id: string): Promise<boolean>;
  /** mediator: stores the parts and parks each at the gate. Refuses a claim above a limit (`request.impossible`). */
  park(
    id: string,
    split: { mediated: JsonObject; parts: NewPart[]; claim: GateClaim; resultPath: string },
  ): Promise<void>;
  /** Ends the request: exactly once, whoever comes first; false when it had ended. */
  end(id: string, outcome: RequestOutcome): Promise<boolean>;
  cancel(id: string, by: string): Promise<RequestState>;

  /** keeper: the fenced lease on a granted part. `undefined`: nothing to do, or another node holds it. */
  claim(partId: string, node: string, leaseMs: number): Promise<{ fence: number; part: PartRecord } | undefined>;
  /** keeper: stores the intent (attempt, token) before the call. False = fenced. */
  intend(partId: string, fence: number, intent: { attempt: number; token: string }): Promise<boolean>;
  /** keeper: the run now holds the slot, and the watcher takes over. False = fenced. */
  bind(
    partId: string,
    fence: number,
    run: { runId: string; runPageUrl: string | undefined; pollMs: number },
  ): Promise<boolean>;
  /** keeper: gives a granted part back to the gate's dispatcher after `delayMs` (429, outage); slot kept, same attempt. */
  postpone(partId: string, fence: number, delayMs: number): Promise<boolean>;
  /** keeper: up to `count` bound parts whose poll is due, each hidden from other watchers for `visibilityMs`. */
  due(count: number, visibilityMs: number): Promise<PartRecord[]>;
  /** keeper: next poll of a part that still runs. Never revives one that was released. */
  pollAgain(partId: string, pollMs: number): Promise<void>;
  /** keeper: the run has ended and the policy grants another attempt: same slot, attempt + 1, back to submit. */
  retry(partId: string, failure: Failure, delayMs: number): Promise<boolean>;
  /** keeper: terminal, exactly once: frees the slot, grants to others, and puts the finish in the outbox with the last part. */
  release(partId: string, outcome: PartOutcome): Promise<boolean>;
  /** keeper: parts that must be cancelled on the workspace. */
  cancelling(count: number): Promise<PartRecord[]>;
}

export type RequestOutcome =
  | { state: 'succeeded'; files: ResultFile[] }
  | { state: 'nothing-to-do' }
  | { state: 'failed'; failure: Failure }
  | { state: 'cancelled' };

export type PartOutcome =
  | { state: 'succeeded'; runMs: number; log: Digest | undefined }
  | { state: 'failed' | 'timed-out' | 'cancelled'; failure: Failure; runMs: number; log: Digest | undefined };

/** Limits and use of the gate, live. */
export interface GateControl {
  list(): Promise<GateView[]>;
  /** Sets a limit by hand; stands over the pipeline file until `reset`. Takes effect at once: what fits is granted in the same step. */
  set(dimension: string, limit: number, by: string, reason: string): Promise<void>;
  reset(dimension: string, by: string): Promise<void>;
  /** Sets what files and configuration say (`op:<name>` when a pipeline is applied, the rest at start). */
  declare(limits: Record<string, number>): Promise<void>;
}

export interface GateView {
  dimension: string;
  /** `null` = unlimited. */
  limit: number | null;
  declared: number | null;
  byHand: { limit: number; by: string; reason: string; at: number } | undefined;
  inUse: number;
  waiting: number;
}
