import type { HandPause } from './hand-pauses.ts';
import type {
  DeliveryStore,
  EventLog,
  History,
  LinkRevocations,
  Logger,
  PipelineStore,
  RegistrationStore,
  ScheduleStore,
  SlowLaneEvent,
  TokenStore,
} from '@slowlane/contracts';

export interface LedgerOptions {
  /** SQLite file; made with its folder when absent. Not touched when `postgres` is given. */
  file: string;
  /** A Postgres database instead: `postgres://user:password@host:port/database`. Any number of nodes may share it. */
  postgres?: { url: string } | undefined;
  /** Folder of the JSONL parts. */
  archiveDir: string;
  logger: Logger;
  /** Epoch ms that decides which tokens are expired: Redis' time where there is a queue. Default: this machine's. */
  now?: () => number;
}

export interface Ledger {
  pipelines: PipelineStore;
  registrations: RegistrationStore;
  tokens: TokenStore;
  schedules: ScheduleStore;
  deliveries: DeliveryStore;
  history: LedgerHistory;
  revocations: LinkRevocations;
  /** Limits set by hand that stand, newest per dimension: for `queue.gate.restore`. */
  handLimits(): Promise<HandLimit[]>;
  /** Pauses and releases by hand, the newest of each dimension and cause. */
  handPauses(): Promise<HandPause[]>;
  archiver(events: EventLog): Archiver;
  /** Events that the read model could not take, oldest first, each with the reason. */
  quarantine(): Promise<QuarantinedEvent[]>;
  close(): Promise<void>;
}

export interface LedgerHistory extends History {
  /** As `History.trace`; with `upTo` it waits (at most `waitMs`, default 5,000) until that event is archived. */
  trace(id: string, options?: { upTo?: string; waitMs?: number }): Promise<SlowLaneEvent[]>;
  /** The next events of one request behind an event id, oldest first, at most 2,000; none when there are no more. */
  requestEvents(requestId: string, after: string): Promise<SlowLaneEvent[]>;
}

export interface HandLimit {
  dimension: string;
  limit: number;
  by: string;
  reason: string;
  at: number;
}

export interface QuarantinedEvent {
  event: SlowLaneEvent;
  error: string;
  at: number;
}

/** Takes the event stream into archive and read model, exactly once. Of several on one ledger the holder of the lease works. */
export interface Archiver {
  start(): void;
  /** Ends after the batch in hand. */
  stop(): Promise<void>;
  /** Milliseconds between the newest event of the stream and the newest archived one; 0 when all is archived. */
  lag(): Promise<number>;
}
