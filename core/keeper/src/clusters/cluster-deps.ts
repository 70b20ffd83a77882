import type { ClusterBook, ClusterPool } from '@slowlane/contracts';
import type { KeeperDeps } from '../keeper-deps.ts';
import type { WarmJobs } from './warm-jobs.ts';

/** What the keeper needs to start and end warm clusters. */
export interface ClusterSetting {
  book: ClusterBook;
  pools: Readonly<Record<string, ClusterPool>>;
  /** Names this installation in the tags of its clusters: only what carries it is ever ended. */
  owner: string;
  jobs: WarmJobs;
  times: ClusterTimes;
}

/** Milliseconds. */
export interface ClusterTimes {
  /** Pause between two looks at the clusters that start, end or have become idle. */
  tickMs: number;
  /** A cluster that takes parts is looked at so often, whether it is still there. */
  readyMs: number;
  /** Pause between two sweeps for clusters that nobody owns, while there are any clusters of ours. */
  sweepMs: number;
  /** The same while there are none. */
  quietSweepMs: number;
  /** After a call to create whose answer is not known, before it is taken to have done nothing. */
  settleMs: number;
}

export const defaultClusterTimes: ClusterTimes = {
  tickMs: 1_000,
  readyMs: 15_000,
  sweepMs: 60_000,
  quietSweepMs: 600_000,
  settleMs: 30_000,
};

export type ClusterDeps = Pick<
  KeeperDeps,
  'requests' | 'workspace' | 'workspaces' | 'events' | 'node' | 'clock' | 'logger'
> & {
  clusters: ClusterSetting;
};

/** Of one call; the next tick repeats it. */
export const callOptions = { timeoutMs: 15_000, retryBudgetMs: 0 };

/** States in which a cluster costs money. */
export const liveStates = ['PENDING', 'RUNNING', 'RESTARTING', 'RESIZING'] as const;

export const ownerTag = 'slowlane-owner';
export const clusterTag = 'slowlane-cluster';
