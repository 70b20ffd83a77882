import type { ClusterRecord } from '@slowlane/contracts';
import { type ClusterDeps, callOptions, clusterTag } from './cluster-deps.ts';
import { clustersOf } from './find-cluster.ts';
import { fail, isOver, lookAt, wordsOf } from './start-cluster.ts';

/** Whether a cluster that takes parts still runs, still has its lease and is still used. */
export async function watchCluster(
  deps: ClusterDeps,
  cluster: ClusterRecord,
  { isSpare, isDue, signal }: { isSpare: boolean; isDue: boolean; signal: AbortSignal },
): Promise<void> {
  const { book, pools } = deps.clusters;
  if (isDue) {
    const found = await lookAt(deps, cluster, signal);
    if (found === undefined || isOver(found))
      return fail(
        deps,
        cluster,
        `it ended by itself: ${found === undefined ? 'unknown to the workspace' : wordsOf(found)}`,
      );
  }
  if (cluster.idleSince === undefined) return;
  const now = deps.clock.now();
  const pool = pools[cluster.pool];
  const isLeaseOver = now >= cluster.leaseEndsAt;
  const isIdle = now - cluster.idleSince >= (pool?.idleMs ?? 0) && isSpare;
  if (!isLeaseOver && !isIdle) return;
  const reason = isLeaseOver ? (cluster.reason ?? 'its lease is over') : 'idle';
  await book.move(cluster.id, ['ready'], { state: 'ending', onlyIdle: true, reason });
}

/** Ends a cluster, and forgets it only when the workspace says that it has ended, and the parts that it let down have heard of it. */
export async function endCluster(deps: ClusterDeps, cluster: ClusterRecord, signal: AbortSignal): Promise<void> {
  const { times } = deps.clusters;
  if (cluster.clusterId === undefined) {
    const found = await clustersOf(deps, cluster, signal);
    for (const { clusterId } of found) await terminate(deps, { ...cluster, clusterId }, signal);
    const isSettled = cluster.calledAt === undefined || deps.clock.now() - cluster.calledAt >= times.settleMs;
    if (found.length === 0 && isSettled) await forget(deps, cluster);
    return;
  }
  const found = await lookAt(deps, cluster, signal);
  if (found === undefined || found.state === 'TERMINATED' || found.state === 'ERROR') return forget(deps, cluster);
  // Only what carries our tag is ever ended.
  if (found.customTags[clusterTag] !== cluster.id) return forget(deps, cluster);
  if (found.state !== 'TERMINATING') await terminate(deps, cluster, signal);
}

async function forget({ clusters }: ClusterDeps, { id, isFailed, parts }: ClusterRecord): Promise<void> {
  if (!isFailed || parts.length === 0) await clusters.book.forget(id);
}

async function terminate(deps: ClusterDeps, cluster: ClusterRecord, signal: AbortSignal): Promise<void> {
  const { workspace, clusterId, reason } = cluster;
  deps.logger.info({ cluster: cluster.id, clusterId, workspace, reason }, 'cluster is ended');
  await deps.workspace(workspace).clusters.terminate(clusterId as string, { ...callOptions, signal });
}
