import { type Cluster } from '@slowlane/databricks';
import { SlowLaneError } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import { type ClusterDeps, callOptions, clusterTag } from './cluster-deps.ts';
import { ourClusters } from './find-cluster.ts';

/**
 * Ends the clusters with our tag that no record of ours stands for: made twice after a lost reply, or forgotten with an older copy of Redis. One that
 * still has a run is left until that has ended.
 *
 * @returns how many were ended
 */
export async function sweepClusters(deps: ClusterDeps, signal: AbortSignal): Promise<number> {
  let swept = 0;
  for (const workspace of deps.workspaces) {
    try {
      swept += await sweep(deps, workspace, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof SlowLaneError) || error.code.startsWith('queue.')) throw error;
      deps.logger.warn({ workspace, failure: error.toFailure() }, 'the clusters of the workspace could not be swept');
    }
  }
  return swept;
}

async function sweep(deps: ClusterDeps, workspace: string, signal: AbortSignal): Promise<number> {
  // Records are read after the list: a cluster that is seen had its record before it was made.
  const live = await ourClusters(deps, workspace, signal);
  const orphans: Cluster[] = [];
  for (const cluster of live) if (!(await hasOwner(deps, cluster))) orphans.push(cluster);
  if (orphans.length === 0) return 0;
  const busy = await busyClusters(deps, workspace, signal);
  const idle = orphans.filter(({ clusterId }) => !busy.has(clusterId));
  for (const { clusterId, customTags } of idle) {
    await deps.workspace(workspace).clusters.terminate(clusterId, { ...callOptions, signal });
    deps.logger.warn({ workspace, clusterId }, 'cluster without an owner was ended');
    await deps.events?.append({
      type: 'cluster.swept',
      correlationId: newId('cor'),
      subject: {},
      data: { workspace, clusterId, cluster: customTags[clusterTag] ?? '' },
    });
  }
  return idle.length;
}

async function hasOwner({ clusters }: ClusterDeps, { clusterId, customTags }: Cluster): Promise<boolean> {
  const record = await clusters.book.get(customTags[clusterTag] ?? '');
  return record !== undefined && (record.clusterId === undefined || record.clusterId === clusterId);
}

async function busyClusters(deps: ClusterDeps, workspace: string, signal: AbortSignal): Promise<Set<string>> {
  const busy = new Set<string>();
  const query = { activeOnly: true, expandTasks: true };
  for await (const run of deps.workspace(workspace).runs.list(query, { ...callOptions, signal }))
    for (const { clusterId } of run.tasks) if (clusterId !== undefined) busy.add(clusterId);
  return busy;
}
