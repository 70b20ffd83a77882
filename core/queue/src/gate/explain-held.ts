import type { PartRecord, WaitView } from '@slowlane/contracts';
import { splitPartId } from '@slowlane/kit';
import type { Store } from '../redis/store.ts';

const MOST_HOLDERS = 20;

/** Why a part that has its slot has no run yet, as the keeper said when it gave it back. */
export async function explainHeld(
  store: Store,
  { id, waiting }: PartRecord,
): Promise<Pick<WaitView, 'dimension' | 'limit' | 'inUse' | 'reason' | 'opensAt' | 'holders'>> {
  if (waiting === undefined) return {};
  const { dimension, limit, inUse, reason, until } = waiting;
  const holders = dimension.startsWith('cluster:')
    ? await holdersIn(store, dimension.slice('cluster:'.length), id)
    : [];
  return {
    dimension,
    reason,
    ...(dimension.startsWith('cluster:') ? { limit, inUse } : {}),
    ...(until === undefined ? {} : { opensAt: until }),
    ...(holders.length === 0 ? {} : { holders }),
  };
}

/** Parts with a lease on a cluster of the pool, the longest first. */
async function holdersIn(store: Store, pool: string, self: string): Promise<NonNullable<WaitView['holders']>> {
  const leases = Object.entries(await store.call((redis) => redis.hgetall(store.keys.of('cluster-leases'))));
  const clusterOf = new Map(leases.map(([part, lease]) => [part, lease.slice(lease.indexOf(' ') + 1)]));
  const clusters = [...new Set(clusterOf.values())];
  const records = await store.hashes(clusters.map((cluster) => `cluster:${cluster}`));
  const inPool = new Set(clusters.filter((_, at) => records[at]?.['pool'] === pool));
  const parts = [...clusterOf].flatMap(([part, cluster]) => (part !== self && inPool.has(cluster) ? [part] : []));
  const facts = await store.hashes(parts.map((part) => `part:${part}`));
  return parts
    .map((part, at) => ({
      part,
      request: splitPartId(part)?.requestId ?? '',
      ...(facts[at]?.['runId'] === undefined ? {} : { run: facts[at]['runId'] }),
      weight: 1,
      grantedAt: Number(facts[at]?.['grantedAt'] ?? 0),
    }))
    .sort((a, b) => a.grantedAt - b.grantedAt)
    .slice(0, MOST_HOLDERS);
}
