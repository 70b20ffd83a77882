import type { BuildLane, ClusterBook, EventLog, GateControl, Logger, RequestLane } from '@slowlane/contracts';
import type { QueueJobName, QueueJobPayload } from './jobs/catalogue.ts';

export interface QueueOptions {
  /** `redis://[:password@]host:port[/db]` or `rediss://…`; one Redis or Valkey that keeps its disk (AOF `always`). */
  url: string;
  /** All keys begin with `{prefix}:`; two prefixes are two systems. Default `sl`. */
  prefix?: string;
  logger: Logger;
  /** How long a granted part may stay unclaimed or unbound before it is dispatched again. Default 30,000. */
  leaseMs?: number;
  /** Head start of each priority level over the next: see `gate/head-start.ts`. Default 60,000. */
  ageingStepMs?: number;
  /** Currency per hour of each pool: what estimates, costs and budgets are made from. Without it nothing is counted in money. */
  prices?: Readonly<Record<string, number>>;
  /** The stream may hold so many events that the archiver has not taken; then accept throws `queue.full`. Default 1,000,000. */
  maxUnarchived?: number;
}

/** The gate as `GateControl`, and what the start of a system needs. */
export interface Gate extends GateControl {
  /**
   * Brings back limits set by hand from the ledger after Redis was lost. Does nothing (false) when Redis remembers its own:
   * what it holds is newer than any history.
   */
  restore(
    limits: readonly { dimension: string; limit: number; by: string; reason: string; at: number }[],
  ): Promise<boolean>;
}

export interface Queue {
  requests: RequestLane;
  gate: Gate;
  builds: BuildLane;
  events: EventLog;
  /** Leases and intents of warm clusters. */
  clusters: ClusterBook;
  /** Starts workers for the processors given, and this node's dispatcher and sweeper. Any number of nodes may do so at once. */
  work(processors: Processors, options?: WorkOptions): Promise<Workers>;
  /** Epoch ms by Redis' clock, in which all records are written: what a node compares their times with, whatever its own clock says. */
  now(): number;
  /** Throws `queue.unavailable` when Redis does not answer. */
  ping(): Promise<void>;
  /** Whether Redis writes each acknowledged change to disk first (AOF with fsync `always`); `detail` says what it does instead. */
  checkDurability(): Promise<{ durable: boolean; detail: string }>;
  stats(): Promise<QueueStats>;
  close(): Promise<void>;
}

export interface QueueStats {
  /** Events in Redis, archived ones that are still kept for live readers included. */
  streamLength: number;
  /** Bytes. */
  usedMemory: number;
  /** Bytes that Redis may use; 0 = no limit. */
  maxMemory: number;
  /** Triggers that no queue job was made for yet. */
  outboxLag: number;
}

/**
 * What carries out a queue job, by its name. Runs at least once: a processor looks at the state first and does nothing when it is past it.
 * `signal` aborts when the build or request has ended otherwise (cancelled), when the time limit is reached, or on `Workers.close`.
 * A temporary SlowLaneError is repeated after a pause; any other error ends the build, request or part with that failure.
 */
export type Processors = {
  [Name in QueueJobName]?: (payload: QueueJobPayload<Name>, signal: AbortSignal) => Promise<unknown>;
};

export interface WorkOptions {
  concurrency?: Partial<Record<QueueJobName, number>>;
  /** How often this node looks for lost work, expired leases and other nodes' unfinished dispatches. Default 1,000. */
  tickMs?: number;
  /** A trigger older than this whose queue job is gone is made again. Default 20,000. */
  lostAfterMs?: number;
  /** A queue job whose process died is taken over after about this time. Default 15,000. */
  lockMs?: number;
}

export interface Workers {
  /** Stops taking work, lets running processors end (aborting them after `graceMs`, default 10,000), stops dispatcher and sweeper. */
  close(graceMs?: number): Promise<void>;
}
