import type { ClusterEvent, ClusterRecord } from './cluster-record.ts';

/** A cluster as `clusters/get` shows it. */
export function clusterView(cluster: ClusterRecord, userName: string): Record<string, unknown> {
  const { spec, reason } = cluster;
  const { apply_policy_default_values: _never, ...shown } = spec;
  const isUp = cluster.state === 'RUNNING' || cluster.state === 'RESIZING';
  return {
    autotermination_minutes: 0,
    enable_elastic_disk: false,
    data_security_mode: 'SINGLE_USER',
    node_type_id: 'local',
    ...shown,
    ...(spec.autoscale === undefined ? { num_workers: cluster.workers } : {}),
    driver_node_type_id: spec['driver_node_type_id'] ?? spec.node_type_id ?? 'local',
    cluster_id: cluster.clusterId,
    cluster_name: spec.cluster_name ?? '',
    creator_user_name: userName,
    cluster_source: cluster.source,
    state: cluster.state,
    state_message: cluster.stateMessage,
    start_time: cluster.createdAt,
    ...(cluster.startedAt === null ? {} : { last_restarted_time: cluster.startedAt }),
    last_activity_time: cluster.activeAt,
    last_state_loss_time: 0,
    ...(cluster.terminatedAt === null ? {} : { terminated_time: cluster.terminatedAt }),
    ...(reason === null || isUp ? {} : { termination_reason: reason }),
    ...(cluster.sparkContextId === '' || !isUp ? {} : { spark_context_id: Number(cluster.sparkContextId) }),
    default_tags: {
      Vendor: 'Databricks',
      Creator: userName,
      ClusterName: spec.cluster_name ?? '',
      ClusterId: cluster.clusterId,
      ...(cluster.owner === null ? {} : { RunName: spec.cluster_name ?? '' }),
    },
    ...(cluster.pinnedAt === null ? {} : { pinned_by_user_name: userName }),
    spec: shown,
  };
}

export function eventView({ clusterId, at, type, details }: ClusterEvent): Record<string, unknown> {
  return { cluster_id: clusterId, timestamp: at, type, details };
}
