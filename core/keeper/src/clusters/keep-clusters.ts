import { type ClusterRecord, isPartTerminal } from '@slowlane/contracts';
import type { ClusterDeps } from './cluster-deps.ts';
import { endCluster, watchCluster } from './end-cluster.ts';
import { awaitCluster, createCluster } from './start-cluster.ts';
import { sweepClusters } from './sweep-clusters.ts';

/** Longer than a tick with its calls takes; should it be shorter once, two nodes act, and the sweep ends what was made twice. */
const leadMs = 60_000;

/** What this node has looked at lately; nothing that must survive. */
interface Memory {
  sweptAt: number;
  seenAt: Map<string, number>;
}

/** Starts, watches and ends warm clusters until the signal ends it; one node does at a time. What it leaves unfinished the next one finds by record and tag. */
export async function keepClusters(deps: ClusterDeps, signal: AbortSignal): Promise<void> {
  const { book, times } = deps.clusters;
  const memory: Memory = { sweptAt: -Infinity, seenAt: new Map() };
  while (!signal.aborted) {
    try {
      if (await book.lead(deps.node, leadMs)) await tendClusters(deps, memory, signal);
    } catch (error) {
      if (!signal.aborted) deps.logger.warn({ error: String(error) }, 'keeping clusters goes on after a failure');
    }
    await deps.clock.sleep(times.tickMs, signal).catch(() => undefined);
  }
  await book.resign(deps.node).catch(() => undefined);
}

async function tendClusters(deps: ClusterDeps, memory: Memory, signal: AbortSignal): Promise<void> {
  const { book, times } = deps.clusters;
  await endLostLeases(deps);
  const clusters = await book.list();
  await Promise.all(clusters.map((cluster) => tend(deps, { cluster, clusters, memory, signal })));
  const sweepMs = clusters.length > 0 ? times.sweepMs : times.quietSweepMs;
  if (deps.clock.now() - memory.sweptAt < sweepMs) return;
  memory.sweptAt = deps.clock.now();
  await sweepClusters(deps, signal);
}

/** A lease belongs to an attempt that goes on. */
async function endLostLeases({ clusters, requests }: ClusterDeps): Promise<void> {
  for (const { part, attempt } of await clusters.book.leases()) {
    const record = await requests.part(part);
    if (record === undefined || isPartTerminal(record.state) || record.attempt !== attempt)
      await clusters.book.giveBack(part, attempt);
  }
}

interface Tended {
  cluster: ClusterRecord;
  clusters: readonly ClusterRecord[];
  memory: Memory;
  signal: AbortSignal;
}

/** One step of one cluster; a failure of one takes nothing from the others. */
async function tend(deps: ClusterDeps, { cluster, clusters, memory, signal }: Tended): Promise<void> {
  try {
    if (cluster.state === 'wanted') await createCluster(deps, cluster, signal);
    else if (cluster.state === 'starting') await awaitCluster(deps, cluster, signal);
    else if (cluster.state === 'ending') await endCluster(deps, cluster, signal);
    else {
      const isSpare = isBeyondMin(deps, cluster, clusters);
      await watchCluster(deps, cluster, { isSpare, isDue: isDue(deps, memory, cluster), signal });
    }
  } catch (error) {
    if (signal.aborted) return;
    deps.logger.warn(
      { cluster: cluster.id, state: cluster.state, error: String(error) },
      'a cluster waits for the next tick',
    );
  }
}

/** The newest `min` of a pool stay. */
function isBeyondMin(
  { clusters: { pools } }: ClusterDeps,
  { id, pool }: ClusterRecord,
  all: readonly ClusterRecord[],
): boolean {
  const ready = all.filter((one) => one.state === 'ready' && one.pool === pool);
  return ready.findIndex((one) => one.id === id) < ready.length - (pools[pool]?.min ?? 0);
}

function isDue({ clock, clusters }: ClusterDeps, { seenAt }: Memory, { id }: ClusterRecord): boolean {
  const now = clock.now();
  if (now - (seenAt.get(id) ?? -Infinity) < clusters.times.readyMs) return false;
  seenAt.delete(id);
  seenAt.set(id, now);
  const oldest = seenAt.size > 1_000 ? seenAt.keys().next().value : undefined;
  if (oldest !== undefined) seenAt.delete(oldest);
  return true;
}
