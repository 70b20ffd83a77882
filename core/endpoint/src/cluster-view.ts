import type { ClusterRecord, ClusterView } from '@slowlane/contracts';

export function clusterView(cluster: ClusterRecord): ClusterView {
  const { id, pool, workspace, state, clusterId, artifact, parts } = cluster;
  const { createdAt, readyAt, idleSince, leaseEndsAt, reason } = cluster;
  return { id, pool, workspace, state, clusterId, artifact, parts, createdAt, readyAt, idleSince, leaseEndsAt, reason };
}
