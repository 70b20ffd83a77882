import type { JsonObject } from '../common.ts';

/**
 * States of a warm cluster of ours: `wanted` (the intent is stored, a create call may be under way), `starting` (its id is known), `ready`
 * (libraries installed), `ending` (takes no part any more). One that has ended is forgotten.
 */
export type ClusterState = 'wanted' | 'starting' | 'ready' | 'ending';

/** An all-purpose cluster that the keeper started, leased for one (pool, digest): it never runs another digest. */
export interface ClusterRecord {
  /** `clu_…`: its name and tag on the workspace, by which it is found after a lost reply. */
  id: string;
  correlationId: string;
  pool: string;
  workspace: string;
  /** Of everything that the cluster and its libraries are made from. */
  digest: string;
  /** Digest of the artifact set, for people. */
  artifact: string;
  state: ClusterState;
  /** The workspace's id, once it is known. */
  clusterId: string | undefined;
  /** `new_cluster` of the Jobs API. */
  spec: JsonObject;
  libraries: JsonObject[];
  /** Which of the pool's node types; rises with each cluster of the pool that did not start. */
  nodeTry: number;
  /** Parts that hold a lease on it. */
  parts: string[];
  createdAt: number;
  /** When the call that creates it was sent last; a cluster of a lost reply may appear until a while after. */
  calledAt: number | undefined;
  readyAt: number | undefined;
  /** Since when no part holds a lease on it. */
  idleSince: number | undefined;
  /** It takes no new part from then on, and ends when its parts have ended. */
  leaseEndsAt: number;
  /** Why it ends. */
  reason: string | undefined;
  /** It did not start, or died: its parts are tried elsewhere. */
  isFailed: boolean;
}

/** What a part needs a cluster for. */
export interface ClusterWant {
  part: string;
  attempt: number;
  pool: string;
  workspace: string;
  digest: string;
  artifact: string;
  spec: JsonObject;
  libraries: JsonObject[];
  /** Clusters of the pool, those that are ending included. */
  most: number;
  partsPerCluster: number;
  leaseMs: number;
}

/** How a pool's warm clusters live: the keys of `pools:` in slowlane.yaml, in milliseconds. */
export interface ClusterPool {
  /** So many stay although they are idle, until their lease ends. */
  min: number;
  max: number;
  /** `max` is what `max_price_per_hour` allows, less than was asked for. */
  isPriceBound?: boolean;
  idleMs: number;
  leaseMs: number;
  /** One that is not ready by then is given up. */
  startMs: number;
  partsPerCluster: number;
  /** Tried in turn: the next one after a cluster that did not start. Empty = the pool's own `node_type_id`. */
  nodeTypes: readonly string[];
}

/**
 * Leases and intents of clusters, in Redis; what exists is told by the workspace alone, and the keeper compares. Each method is one step
 * that changes the state together with its event, and is safe to repeat. Throws `queue.unavailable` when Redis does not answer.
 */
export interface ClusterBook {
  /**
   * The cluster that the part (of this attempt) holds a lease on: the one it has, one of the same digest with room, or a new one that is only
   * wanted yet. `undefined`: the pool is full; then an idle cluster of another digest, if there is one, has begun to end.
   */
  take(want: ClusterWant): Promise<ClusterRecord | undefined>;
  /** Ends the lease of a part, unless a later attempt holds it. */
  giveBack(part: string, attempt: number): Promise<void>;
  leases(): Promise<{ part: string; attempt: number; cluster: string }[]>;
  list(): Promise<ClusterRecord[]>;
  get(id: string): Promise<ClusterRecord | undefined>;
  /** False when it is not in one of the states `from`. `onlyIdle`: only while no part holds a lease. */
  move(
    id: string,
    from: readonly ClusterState[],
    to: {
      state: ClusterState;
      clusterId?: string | undefined;
      reason?: string | undefined;
      isFailed?: boolean;
      onlyIdle?: boolean;
    },
  ): Promise<boolean>;
  /** Before each call that creates it. */
  called(id: string): Promise<void>;
  /** Takes no new part from now on. */
  endLease(id: string, reason: string): Promise<boolean>;
  /** It has ended on the workspace. */
  forget(id: string): Promise<void>;
  /** The right to act on clusters, for one node at a time. */
  lead(node: string, leaseMs: number): Promise<boolean>;
  /** Lets another node lead at once; nothing when this one does not. */
  resign(node: string): Promise<void>;
}
