import type { ClusterPool, ClusterRecord, JsonObject } from '@slowlane/contracts';
import { clusterTag, ownerTag } from './cluster-deps.ts';

const mostMinutes = 10_000;
const fewestMinutes = 10;

/**
 * Settings of `clusters/create`. Name and tags are the intent's own, so that a cluster whose reply was lost is found. Should no keeper ever come
 * back, the workspace itself ends it some time after it has become idle.
 */
export function clusterSettings(cluster: ClusterRecord, pool: ClusterPool | undefined, owner: string): JsonObject {
  const { spec } = cluster;
  const tags = spec['custom_tags'];
  return {
    ...spec,
    ...nodeType(cluster, pool),
    cluster_name: `slowlane-${cluster.pool}-${cluster.id}`,
    custom_tags: {
      ...(tags !== null && typeof tags === 'object' && !Array.isArray(tags) ? tags : {}),
      [ownerTag]: owner,
      [clusterTag]: cluster.id,
      'slowlane-pool': cluster.pool,
      'slowlane-artifact': cluster.artifact.replace(/^sha256:/, ''),
    },
    autotermination_minutes: lastResortMinutes(pool),
  };
}

/** The next one after a cluster that did not start: the cloud may be out of a type. */
function nodeType({ nodeTry }: ClusterRecord, pool: ClusterPool | undefined): JsonObject {
  const types = pool?.nodeTypes ?? [];
  const type = types[nodeTry % Math.max(1, types.length)];
  return type === undefined ? {} : { node_type_id: type };
}

function lastResortMinutes(pool: ClusterPool | undefined): number {
  const idleMs = pool === undefined ? 0 : pool.min > 0 ? pool.leaseMs : pool.idleMs;
  return Math.min(mostMinutes, fewestMinutes + Math.ceil(idleMs / 60_000));
}
