import type { BlobStore, Logger, RequestLane } from '@slowlane/contracts';
import type { Clock, DatabricksClient } from '@slowlane/databricks';
import type { PollSettings } from './poll-settings.ts';
import type { PartFacts } from './part-facts.ts';

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
}
