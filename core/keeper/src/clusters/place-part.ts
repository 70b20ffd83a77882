import { type ClusterRecord, type PartRecord, SlowLaneError } from '@slowlane/contracts';
import type { Facts } from '../part-facts.ts';
import { type ClusterDeps, callOptions } from './cluster-deps.ts';
import type { WarmJob } from './warm-jobs.ts';

/** `wait`: no cluster is ready for it yet. `failed`: the cluster that was started for this attempt never came up. */
export type Place = { clusterId: string; job: WarmJob } | { wait: string } | { failed: ClusterRecord };

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
  if (cluster === undefined) return { wait: `all ${pool.max} clusters of pool "${registration.pool}" are taken` };
  // An intent that is stored already may have started a run elsewhere: its token decides, on whichever cluster becomes ready.
  if (cluster.isFailed && part.token === undefined) return { failed: cluster };
  if (cluster.state === 'ending') {
    await book.giveBack(part.id, part.attempt);
    return { wait: `cluster ${cluster.id} ends: ${cluster.reason ?? ''}` };
  }
  if (cluster.state !== 'ready') return { wait: `cluster ${cluster.id} starts` };
  const clusterId = cluster.clusterId as string;
  if (await isRunning(deps, cluster, signal)) return { clusterId, job };
  await book.move(cluster.id, ['ready'], { state: 'ending', isFailed: true, reason: 'it does not run any more' });
  await book.giveBack(part.id, part.attempt);
  return { wait: `cluster ${cluster.id} does not run any more` };
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
