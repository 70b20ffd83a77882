import type { ClusterRecord } from '@slowlane/contracts';
import type { Cluster } from '@slowlane/databricks';
import { type ClusterDeps, callOptions, clusterTag, liveStates, ownerTag } from './cluster-deps.ts';

/** The live clusters of a workspace that carry our tag. */
export async function ourClusters(deps: ClusterDeps, workspace: string, signal: AbortSignal): Promise<Cluster[]> {
  const found = await deps.workspace(workspace).clusters.list({ states: liveStates }, { ...callOptions, signal });
  return found.filter(({ customTags }) => customTags[ownerTag] === deps.clusters.owner);
}

/** What a call to create, whose answer may have been lost, has made. */
export async function clustersOf(deps: ClusterDeps, cluster: ClusterRecord, signal: AbortSignal): Promise<Cluster[]> {
  const ours = await ourClusters(deps, cluster.workspace, signal);
  return ours.filter(({ customTags }) => customTags[clusterTag] === cluster.id);
}
