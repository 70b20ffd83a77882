import type { BlobStore, EventLog, GateControl, Logger, RequestLane } from '@slowlane/contracts';
import type { Clock, DatabricksClient } from '@slowlane/databricks';
import type { Breakers } from './breakers.ts';
import type { ClusterSetting } from './clusters/cluster-deps.ts';
import type { PollSettings } from './poll-settings.ts';
import type { PartFacts } from './part-facts.ts';
import type { ProgressWatch } from './watch-progress.ts';

/** What every piece of the keeper works with. */
export interface KeeperDeps {
  requests: RequestLane;
  workspace(name: string): DatabricksClient;
  blobs: BlobStore;
  facts: PartFacts;
  node: string;
  clock: Clock;
  logger: Logger;
  poll: PollSettings;
  callTimeoutMs: number;
  leaseMs: number;
  logBytes: number;
  breakers: Breakers;
  progress: ProgressWatch;
  gate: GateControl | undefined;
  events: Pick<EventLog, 'append'> | undefined;
  /** Attempts that a person was told of already. */
  raised: Set<string>;
  /** Names of all workspaces that are looked at. */
  workspaces: readonly string[];
  /** Absent where no job runs on warm clusters. */
  clusters: ClusterSetting | undefined;
  /** Pause between two comparisons with the workspaces. */
  realityMs: number;
}
