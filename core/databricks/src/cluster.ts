import type { JsonObject } from '@slowlane/contracts';
import type { CallOptions } from './databricks-client.ts';

/** Clusters 2.1 and Libraries 2.0. */
export interface ClusterCalls {
  /** No token exists for this call: after a lost reply look for the tags in `list` before you create again. Starts PENDING. */
  create(settings: JsonObject, options?: CallOptions): Promise<{ clusterId: string }>;
  /** `workspace.not-found` for one that is gone. */
  get(clusterId: string, options?: CallOptions): Promise<Cluster>;
  /** Pinned, active and lately terminated ones; `state` and `source` filter on the workspace. */
  list(query?: { states?: readonly string[]; sources?: readonly string[] }, options?: CallOptions): Promise<Cluster[]>;
  /** Does nothing unless it is TERMINATED. */
  start(clusterId: string, options?: CallOptions): Promise<void>;
  /** Ends it (the API's `delete`); asynchronous, harmless when it has ended. */
  terminate(clusterId: string, options?: CallOptions): Promise<void>;
  /** Ends it and removes it from the list. */
  permanentDelete(clusterId: string, options?: CallOptions): Promise<void>;
  /** Newest first, until the consumer stops. */
  events(clusterId: string, options?: CallOptions): AsyncIterable<ClusterEvent>;
  /** Asks for libraries; `libraryStatus` tells what became of them. Harmless when repeated. */
  install(clusterId: string, libraries: readonly JsonObject[], options?: CallOptions): Promise<void>;
  libraryStatus(clusterId: string, options?: CallOptions): Promise<LibraryStatus[]>;
}

/** Enums are open: the vendor announces more values. */
export interface Cluster {
  clusterId: string;
  name: string | undefined;
  /** PENDING, RUNNING, RESTARTING, RESIZING, TERMINATING, TERMINATED, ERROR, UNKNOWN, ... */
  state: string | undefined;
  stateMessage: string | undefined;
  source: string | undefined;
  creator: string | undefined;
  customTags: Record<string, string>;
  /** Epoch milliseconds. */
  startedAt: number | undefined;
  terminatedAt: number | undefined;
  termination: { code: string | undefined; type: string | undefined; parameters: Record<string, string> } | undefined;
}

export interface ClusterEvent {
  at: number | undefined;
  type: string;
  details: JsonObject;
}

export interface LibraryStatus {
  library: JsonObject;
  /** PENDING, RESOLVING, INSTALLING, INSTALLED, SKIPPED, FAILED, ... */
  status: string;
  messages: string[];
}
