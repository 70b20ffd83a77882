import type { Failure } from '../error.ts';
import type { EventView } from '../rest.ts';

/** `pending`: it is tried, or will be at `dueAt`. `dead`: refused, or tried as often as it may be; only a person sends it again. */
export type DeliveryState = 'pending' | 'sent' | 'dead';

/** One notification to one address: what a request's end became for it. */
export interface DeliveryRecord {
  /** `dlv_<ULID of the request>-<n>`: the same each time it is made. */
  id: string;
  request: string;
  correlationId: string;
  pipeline: string;
  kind: 'webhook' | 'email';
  /** URL or address, whole. */
  address: string;
  /** Whose secret signs it. */
  audience: { principal: string } | { pipeline: string };
  /** What is sent, the same at each try. */
  event: EventView;
  state: DeliveryState;
  attempt: number;
  /** Not tried before. Epoch milliseconds. */
  dueAt: number;
  status: number | undefined;
  failure: Failure | undefined;
  createdAt: number;
  updatedAt: number;
}

/** Each method is one transaction; any number of nodes may call them at once. */
export interface DeliveryStore {
  /** Keeps the first of an id. */
  add(records: readonly DeliveryRecord[]): Promise<void>;
  get(id: string): Promise<DeliveryRecord | undefined>;
  ofRequest(request: string): Promise<DeliveryRecord[]>;
  /** Newest first. */
  list(query: {
    state?: DeliveryState | undefined;
    before?: string | undefined;
    limit: number;
  }): Promise<DeliveryRecord[]>;
  /** Pending ones whose time has come, oldest first. */
  due(now: number, count: number): Promise<DeliveryRecord[]>;
  /** When the next pending one is due. */
  nextDueAt(): Promise<number | undefined>;
  /** Takes one in hand: counts the attempt and hides it until `until`. False when another node did, or it is not pending any more. */
  take(record: Pick<DeliveryRecord, 'id' | 'attempt'>, until: number): Promise<boolean>;
  settle(id: string, end: Pick<DeliveryRecord, 'state' | 'dueAt' | 'status' | 'failure' | 'updatedAt'>): Promise<void>;
  /** Makes a dead one pending with its attempts at 0. False when it is not dead. */
  revive(id: string, now: number): Promise<boolean>;
  /** Removes ended ones that were last changed before. */
  forget(before: number): Promise<number>;
}

export interface DeliveryControl {
  list(query: {
    state?: DeliveryState | undefined;
    before?: string | undefined;
    limit: number;
  }): Promise<DeliveryRecord[]>;
  /** Puts a dead one back in line at once. Throws `notify.not-found`, `notify.not-dead`. */
  redeliver(id: string, by: string): Promise<DeliveryRecord>;
}
