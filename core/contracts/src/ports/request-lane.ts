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
  /** Who shares the gate fairly with others; absent = the principal. */
  tenant?: string | undefined;
  /** Epoch ms by Redis' clock: its parts wait outside the gate until then. */
  notBefore?: number | undefined;
  /** Epoch ms by Redis' clock: what was not submitted by then fails with `request.deadline`. What runs goes on. */
  deadline?: number | undefined;
  /** 0 (first) to 9; absent = as the pipeline file says. */
  priority?: number | undefined;
  /**
   * Equal requests in flight share one: while a request of the same operation with this key has not ended, `accept` returns that one.
   * Who may share with whom is decided by what the caller puts into the key (the fingerprint of the body, the principal).
   */
  coalesceKey?: string | undefined;
  /** What each part will weigh, where it is known already: a weight above a limit is then refused at once (`request.impossible`). */
  weights?: Record<string, number> | undefined;
  /** JSON pointers of what the event `request.accepted`, and with it archive and history, must not hold: `operation.redact`. */
  redact?: readonly string[] | undefined;
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
  /** Parts that did not succeed, where the join policy went on without them. */
  missing?: { key: string; state: string; code?: string; message?: string }[] | undefined;
  /** Volume folder of the result. */
  resultPath: string | undefined;
  /** Stream id of the one `request.*` end event. */
  endEventId?: string | undefined;
  tenant?: string | undefined;
  notBefore?: number | undefined;
  deadline?: number | undefined;
  priority?: number | undefined;
  /** What its ended parts have cost, in millionths of the price table's currency; 0 without a price table. */
  costMicros?: number | undefined;
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
  /**
   * Why it waits (or waited last): the gate dimension without room, its limit and use when it was looked at; or what held it back with its
   * slot (`PartHold`), then with the reason.
   */
  waiting: { dimension: string; limit: number; inUse: number; reason?: string; until?: number } | undefined;
  cancelRequested: boolean;
  /** Blob: the driver's log, once the part has ended. */
  log: Digest | undefined;
  notBefore?: number | undefined;
  deadline?: number | undefined;
  /** What the driver of this attempt last said; only while Redis holds the part. */
  progress?: PartProgress | undefined;
  /** Before: history x price of the pool; after: run time x price. Millionths of the currency; absent without a price table. */
  estimateMicros?: number | undefined;
  costMicros?: number | undefined;
}

/** Parts by their index: `count` of them, beginning with the one at `from`. */
export interface PartRange {
  from: number;
  count: number;
}

/** All parts of a request at once, however many. Read part by part, so that it may be a step behind where they change meanwhile. */
export interface PartTally {
  states: Partial<Record<PartState, number>>;
  /** Sum of the parts' estimates, in millionths of the currency; absent without a price. */
  estimateMicros?: number | undefined;
}

/** Why a part that has its slot has no run yet. */
export interface PartHold {
  /** `cluster:<pool>`: the warm clusters of the pool. `api:<workspace>`: the workspace's request limits, an outage, its circuit breaker. */
  dimension: string;
  /** Tells one wait from the next: an event is written when dimension or cause changes. `starts`, `full`, an error code. */
  cause: string;
  reason: string;
  /** Clusters that the pool may have, and has. */
  limit?: number | undefined;
  inUse?: number | undefined;
  /** Epoch ms: tried again then. */
  until?: number | undefined;
}

/** A progress file of a driver: `step` is its number. */
export interface PartProgress {
  step: number;
  /** 0 to 100. */
  percent?: number | undefined;
  message?: string | undefined;
}

/**
 * Gate claims of each part: dimension -> weight. Dimensions:
 * `*` (all), `op:<operation>`, `pool:<name>`, `ws:<workspace>`, `tn:<tenant>`, `res:<shared resource>`, `quota:<workspace>:<name>` (a limit of
 * the workspace's API; with `-per-hour`, `-per-minute` or `-per-day` at its end it counts grants of that time instead of what runs), and
 * `bud:<tenant or pipeline>` (money of the calendar month, UTC, in millionths; the lane adds it by itself where a budget is declared).
 */
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
   * `coalesced: true`: an equal request is in flight, and that one is returned. Throws `request.deadline` for a deadline that has passed,
   * `request.impossible` for a weight above a limit, `request.over-budget` where the budget refuses.
   */
  accept(request: NewRequest): Promise<{ request: RequestRecord; replayed: boolean; coalesced?: boolean }>;
  get(id: string): Promise<RequestRecord | undefined>;
  /** In the order of their index; without a range all of them, which may be 10,000 with their documents. */
  parts(id: string, range?: PartRange): Promise<PartRecord[]>;
  tallyParts(id: string): Promise<PartTally>;
  part(id: string): Promise<PartRecord | undefined>;

  /** mediator: takes the request in hand. `undefined` when it is past that (a doubled queue job). */
  beginMediation(id: string): Promise<RequestRecord | undefined>;
  /**
   * mediator: stores the parts and parks each at the gate, in steps of at most 1,000. Refuses a claim above a limit (`request.impossible`).
   * Repeating it after the parts became the request's parks what is left of those, whatever parts are given.
   */
  park(
    id: string,
    split: {
      mediated: JsonObject;
      parts: NewPart[];
      claim: GateClaim;
      resultPath: string;
      /** Parts that must succeed: once so many cannot any more, the rest is cancelled. Absent = all of them; 0 = nothing is cancelled. */
      needed?: number | undefined;
      /** JSON pointers of what the event `request.mediated` must not hold, and of the same in the parts' documents. */
      redact?: readonly string[] | undefined;
      redactParts?: readonly string[] | undefined;
    },
  ): Promise<void>;
  /**
   * mediator: goes on where a killed node stopped parking more parts than go in one step; nothing to do for any other request. Until it has,
   * those that are left are `parked` outside of the gate.
   */
  parkRest(id: string): Promise<void>;
  /** Ends the request: exactly once, whoever comes first; false when it had ended. */
  end(id: string, outcome: RequestOutcome): Promise<boolean>;
  cancel(id: string, by: string): Promise<RequestState>;
  /**
   * One part alone; whether the request can do without it is the join policy's matter. Throws `run.not-found`, `run.not-cancellable` for one that
   * has ended.
   */
  cancelPart(partId: string, by: string): Promise<PartState>;
  /**
   * A failed or cancelled request runs again: parts that succeeded are kept, each other one becomes a new attempt (with a new token) and
   * parks as new, without a deadline. Returns the parts that do. Throws `request.not-found`, `request.not-retryable` (it has not ended so,
   * was never split, or has left Redis), `request.impossible`.
   */
  retryFailed(id: string, by: string): Promise<{ parts: string[] }>;
  /** Why a part waits, behind whom and until when; `undefined` when there is no such part. */
  explain(partId: string): Promise<WaitView | undefined>;

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
  /**
   * keeper: gives a granted part back to the gate's dispatcher after `delayMs` (429, outage, no cluster yet); slot kept, same attempt. `hold` is
   * what `explain` and `part.waiting` tell of it until the part has a run.
   */
  postpone(partId: string, fence: number, delayMs: number, hold?: PartHold): Promise<boolean>;
  /** keeper: up to `count` bound parts whose poll is due, each hidden from other watchers for `visibilityMs`. */
  due(count: number, visibilityMs: number): Promise<PartRecord[]>;
  /** keeper: next poll of a part that still runs. Never revives one that was released. */
  pollAgain(partId: string, pollMs: number): Promise<void>;
  /**
   * keeper: the run of this attempt has ended and the policy grants another: same slot, attempt + 1, back to submit. False when the part is in
   * another attempt already, does not run, or is to be cancelled.
   */
  retry(partId: string, failure: Failure, again: { attempt: number; delayMs: number }): Promise<boolean>;
  /** keeper: the same for an attempt that has a slot and never got a run: the cluster that was started for it did not come up. */
  retryBeforeRun(partId: string, failure: Failure, again: { attempt: number; delayMs: number }): Promise<boolean>;
  /**
   * keeper: terminal, exactly once: frees the slot, grants to others, and puts the finish in the outbox with the last part. False when it had
   * ended, or is in another attempt than the one that `outcome` tells of.
   */
  release(partId: string, outcome: PartOutcome): Promise<boolean>;
  /** keeper: what the driver says; false when it is not newer, or the part does not run in this attempt. */
  tellProgress(partId: string, attempt: number, progress: PartProgress): Promise<boolean>;
  /** keeper: parts that must be cancelled on the workspace. */
  cancelling(count: number): Promise<PartRecord[]>;
}

export type RequestOutcome =
  /** `missing`: parts that did not succeed, where the join policy goes on without them. */
  | {
      state: 'succeeded';
      files: ResultFile[];
      missing?: { key: string; state: string; code?: string; message?: string }[];
    }
  | { state: 'nothing-to-do' }
  | { state: 'failed'; failure: Failure }
  | { state: 'cancelled' };

export type PartOutcome = {
  /** The attempt that ended so. Absent: whichever the part is in. */
  attempt?: number;
  runMs: number;
  log: Digest | undefined;
} & ({ state: 'succeeded' } | { state: 'failed' | 'timed-out' | 'cancelled'; failure: Failure });

/** Why a part waits. `dimension` and what follows it are absent for a part that does not wait. */
export interface WaitView {
  part: string;
  request: string;
  state: PartState;
  /**
   * The dimension without room, `not-before`, or what holds it back with its slot (`cluster:<pool>`, `api:<workspace>`); absent when nothing
   * but its turn is missing.
   */
  dimension?: string | undefined;
  /** Of what holds it back with its slot, in words. */
  reason?: string | undefined;
  /** That stands; `null` = unlimited. */
  limit?: number | null | undefined;
  inUse?: number | undefined;
  /** Taken there by others than our parts: foreign runs, money spent this month, calls of the last hour. */
  taken?: number | undefined;
  /** What one part weighs there. */
  weight?: number | undefined;
  /** What keeps the dimension closed now. */
  closed?: GateClosure[] | undefined;
  /** It weighs more than the limit that stands: it will not run until somebody raises that. */
  impossible?: boolean | undefined;
  /** Who holds the dimension's slots, oldest first, at most 20. */
  holders?:
    { part: string; request: string; run?: string | undefined; weight: number; grantedAt: number }[] | undefined;
  /** Parts before it: of the same claim, and of all that wait for the same dimension (by arrival and priority, before turns of tenants). */
  position?: { inClass: number; overall: number } | undefined;
  parkedAt: number;
  notBefore?: number | undefined;
  deadline?: number | undefined;
  /** Epoch ms: when the dimension opens next by itself (window, pause with an end, month of a budget). */
  opensAt?: number | undefined;
  /** Epoch ms: when it may start, by the median and the slow tenth of past runs. Absent without history, or while nobody can know. */
  eta?: { earliest: number; latest: number } | undefined;
}

export interface GateClosure {
  /** `pause`, `drain`, `window`, `closed`, `metric:<name>`, `busy:<by whom>`. */
  cause: string;
  by: string;
  reason: string;
  at: number;
  /** Epoch ms: it ends by itself then. */
  until?: number | undefined;
}

/** A limit with the times in which it stands; outside of them it is 0. */
export interface GateRule {
  /** Absent = unlimited. */
  limit?: number | undefined;
  /** `[Mon-Fri ]22:00-06:00[ Europe/Madrid]`, several = any of them. */
  windows?: readonly string[] | undefined;
  /** Dates (`2026-12-24`, `2026-12-24..2026-12-26`) in the zone of the first window, on which it stays closed. */
  blackout?: readonly string[] | undefined;
  /** Closed while a posted metric stands at `above` or more, until it falls below `below` (default: `above`) or grows stale. */
  metric?: { name: string; above: number; below?: number | undefined; staleMs?: number | undefined } | undefined;
  /** For `bud:` dimensions: `postpone` (default) parks until the month turns or the budget is raised, `refuse` refuses at accept. */
  over?: 'postpone' | 'refuse' | undefined;
}

/**
 * Limits and use of the gate, live. Each change takes effect in the same step: what fits is granted by it. Whoever changes something by
 * hand says who and why; both are kept and shown.
 */
export interface GateControl {
  list(): Promise<GateView[]>;
  /** Sets a limit by hand; stands over the pipeline file until `reset`. Takes effect at once: what fits is granted in the same step. */
  set(dimension: string, limit: number, by: string, reason: string): Promise<void>;
  reset(dimension: string, by: string): Promise<void>;
  /** Sets what files and configuration say (`op:<name>` when a pipeline is applied, the rest at start). */
  declare(limits: Record<string, number | GateRule>): Promise<void>;
  /** Nothing new is granted on the dimension until `release`, or until `until` (epoch ms). What runs goes on. */
  pause(dimension: string, by: string, reason: string, until?: number): Promise<void>;
  /** As `pause`, and tells (`gate.drained`) when nothing runs on the dimension any more. */
  drain(dimension: string, by: string, reason: string): Promise<void>;
  /** Ends `pause`, `drain` and, on `*`, `close`. False when there was none. */
  release(dimension: string, by: string, reason?: string): Promise<boolean>;
  /** Postpones while something is busy: closed by this hand until `free` or `until`. Repeating it moves `until`. */
  busy(dimension: string, busy: { by: string; reason: string; until?: number | undefined }): Promise<void>;
  free(dimension: string, by: string): Promise<boolean>;
  /** A value that an operator or a monitor posts; closes and opens the dimensions whose rules name it. */
  metric(name: string, value: number, by: string): Promise<void>;
  /** Runs of the workspace that are not ours take places of `ws:<workspace>` and `quota:<workspace>:tasks`, and of pools where known. */
  foreign(
    workspace: string,
    count: number,
    detail?: { runs?: readonly string[]; pools?: Record<string, number> },
  ): Promise<void>;
  /**
   * Compares the counters with the parts that hold slots and with those that wait, corrects them and tells (`gate.drift`). `holding`: parts
   * with a run in the workspace, by somebody who has looked. No slot is freed by this: who holds one and was not seen is only named.
   */
  reconcile(truth?: { holding: readonly string[] }): Promise<GateReconciliation>;
  /** Closes the gate as a whole until `open`: nothing new is granted. */
  close(reason: string, by?: string): Promise<void>;
  open(by: string): Promise<boolean>;
  /**
   * Whether Redis is older than the archive: its newest event lies before the last archived one, so what happened in between is not in
   * Redis. Closes the gate when it is.
   */
  closeIfOlderThan(lastArchivedId: string): Promise<boolean>;
}

export interface GateReconciliation {
  drift: { dimension: string; of: 'use' | 'waiting'; counted: number; actual: number }[];
  /** Parts that hold a slot with a run bound, and are not in the truth that was given. */
  notSeen: string[];
  /** Parts of the truth that hold no slot here. */
  notHeld: string[];
}

export interface GateView {
  dimension: string;
  /** `null` = unlimited; 0 while it is closed. */
  limit: number | null;
  declared: number | null;
  byHand: { limit: number; by: string; reason: string; at: number } | undefined;
  inUse: number;
  waiting: number;
  /** Taken by others than our parts: foreign runs, money spent this month, calls of the last hour. */
  taken?: number | undefined;
  closed?: GateClosure[] | undefined;
  windows?: readonly string[] | undefined;
  /** Epoch ms of the next opening or closing by a window. */
  changesAt?: number | undefined;
}
