import {
  type ClusterPool,
  type ClusterRecord,
  type PartHold,
  type PartRecord,
  SlowLaneError,
} from '@slowlane/contracts';
import type { Facts } from '../part-facts.ts';
import { type ClusterDeps, callOptions } from './cluster-deps.ts';
import type { WarmJob } from './warm-jobs.ts';

/** `hold`: no cluster is ready for it yet. `failed`: the cluster that was started for this attempt never came up. */
export type Place = { clusterId: string; job: WarmJob } | { hold: PartHold } | { failed: ClusterRecord };

/** A ready cluster for this attempt of a part, on which it holds the lease until it ends. Throws `workspace.*`. */
export async function placePart(
  deps: ClusterDeps,
  part: PartRecord,
  facts: Facts,
  signal: AbortSignal,
): Promise<Place> {
  const { book, pools, jobs } = deps.clusters;
  const { registration, pin } = facts;
  const pool = Object.hasOwn(pools, registration.pool) ? pools[registration.pool] : undefined;
  if (pool === undefined) throw withoutPool(registration.pool);
  const job = await jobs.of(deps.workspace(pin.workspace), registration);
  const cluster = await book.take({
    part: part.id,
    attempt: part.attempt,
    pool: registration.pool,
    workspace: pin.workspace,
    digest: job.digest,
    artifact: registration.set.digest,
    spec: job.spec,
    libraries: job.libraries,
    most: pool.max,
    partsPerCluster: pool.partsPerCluster,
    leaseMs: pool.leaseMs,
  });
  const held = (cause: string, reason: string) => hold(deps, registration.pool, { pool, cause, reason });
  if (cluster === undefined)
    return held('full', `all ${pool.max} clusters of pool "${registration.pool}" are taken${priceWords(pool)}`);
  // An intent that is stored already may have started a run elsewhere: its token decides, on whichever cluster becomes ready.
  if (cluster.isFailed && part.token === undefined) return { failed: cluster };
  if (cluster.state === 'ending') {
    await book.giveBack(part.id, part.attempt);
    return held('ends', `cluster ${cluster.id} ends: ${cluster.reason ?? ''}`);
  }
  if (cluster.state !== 'ready') return held('starts', startWords(cluster));
  const clusterId = cluster.clusterId as string;
  if (await isRunning(deps, cluster, signal)) return { clusterId, job };
  await book.move(cluster.id, ['ready'], { state: 'ending', isFailed: true, reason: 'it does not run any more' });
  await book.giveBack(part.id, part.attempt);
  return held('ended', `cluster ${cluster.id} does not run any more`);
}

/** As explain, REST and events tell it: what the pool may have, and what of it there is. */
async function hold(
  { clusters }: ClusterDeps,
  name: string,
  { pool, cause, reason }: { pool: ClusterPool; cause: string; reason: string },
): Promise<{ hold: PartHold }> {
  const ofPool = (await clusters.book.list()).filter((one) => one.pool === name);
  return { hold: { dimension: `cluster:${name}`, cause, reason, limit: pool.max, inUse: ofPool.length } };
}

function priceWords({ isPriceBound }: ClusterPool): string {
  return isPriceBound === true ? '; max_price_per_hour allows no more' : '';
}

function startWords({ id, clusterId }: ClusterRecord): string {
  return clusterId === undefined ? `cluster ${id} is being created` : `cluster ${id} starts`;
}

/** A run on a cluster that has ended would start it again, with whatever it was. */
async function isRunning(deps: ClusterDeps, cluster: ClusterRecord, signal: AbortSignal): Promise<boolean> {
  try {
    const options = { ...callOptions, signal };
    const { state } = await deps.workspace(cluster.workspace).clusters.get(cluster.clusterId as string, options);
    return state === 'RUNNING' || state === 'RESIZING';
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'workspace.not-found') return false;
    throw error;
  }
}

function withoutPool(pool: string): SlowLaneError {
  return new SlowLaneError('config.invalid', `pool "${pool}" has no clusters in slowlane.yaml any more`, {
    hint: `Declare pools.${pool} again, or register the pipeline with another pool.`,
  });
}
