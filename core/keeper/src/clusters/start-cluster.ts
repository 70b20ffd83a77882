import { type ClusterRecord, SlowLaneError } from '@slowlane/contracts';
import type { Cluster } from '@slowlane/databricks';
import { canonicalJson } from '@slowlane/kit';
import { ruleOf } from '../outcomes.ts';
import { type ClusterDeps, callOptions } from './cluster-deps.ts';
import { clusterSettings } from './cluster-settings.ts';
import { clustersOf } from './find-cluster.ts';

/** The next step of a cluster that is wanted: found by its tag, or created. */
export async function createCluster(deps: ClusterDeps, cluster: ClusterRecord, signal: AbortSignal): Promise<void> {
  const { book, pools, owner, times } = deps.clusters;
  if (await giveUp(deps, cluster)) return;
  const [found] = await clustersOf(deps, cluster, signal);
  if (found !== undefined) return void (await adopt(deps, cluster, found.clusterId));
  if (cluster.calledAt !== undefined && deps.clock.now() - cluster.calledAt < times.settleMs) return;
  await book.called(cluster.id);
  const settings = clusterSettings(cluster, pools[cluster.pool], owner);
  try {
    const options = { ...callOptions, signal };
    const { clusterId } = await deps.workspace(cluster.workspace).clusters.create(settings, options);
    await adopt(deps, cluster, clusterId);
  } catch (error) {
    if (!(error instanceof SlowLaneError) || ruleOf(error).submit !== 'fail') throw error;
    await fail(deps, cluster, `the workspace refuses it: ${error.message}`);
  }
}

/** Ended meanwhile: its id is kept, so that it is ended there too. */
async function adopt({ clusters }: ClusterDeps, cluster: ClusterRecord, clusterId: string): Promise<void> {
  if (await clusters.book.move(cluster.id, ['wanted'], { state: 'starting', clusterId })) return;
  await clusters.book.move(cluster.id, ['ending'], { state: 'ending', clusterId });
}

/** The next step of a cluster that starts: up, then its libraries one after another, then it takes parts. */
export async function awaitCluster(deps: ClusterDeps, cluster: ClusterRecord, signal: AbortSignal): Promise<void> {
  const found = await lookAt(deps, cluster, signal);
  if (found === undefined) return fail(deps, cluster, 'it is not known to the workspace any more');
  if (isOver(found)) return fail(deps, cluster, `it did not start: ${wordsOf(found)}`);
  if (await giveUp(deps, cluster, wordsOf(found))) return;
  if (found.state !== 'RUNNING') return;
  const { missing, failed, isComplete } = await libraries(deps, cluster, signal);
  if (failed !== undefined) return fail(deps, cluster, `a library could not be installed: ${failed}`);
  if (missing.length > 0)
    await deps
      .workspace(cluster.workspace)
      .clusters.install(cluster.clusterId as string, missing, { ...callOptions, signal });
  else if (isComplete) await deps.clusters.book.move(cluster.id, ['starting'], { state: 'ready' });
}

/** `undefined` when the workspace does not know it. */
export async function lookAt(
  deps: ClusterDeps,
  cluster: ClusterRecord,
  signal: AbortSignal,
): Promise<Cluster | undefined> {
  try {
    const options = { ...callOptions, signal };
    return await deps.workspace(cluster.workspace).clusters.get(cluster.clusterId as string, options);
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'workspace.not-found') return undefined;
    throw error;
  }
}

export function isOver({ state }: Cluster): boolean {
  return state === 'TERMINATING' || state === 'TERMINATED' || state === 'ERROR';
}

export function wordsOf({ state, stateMessage, termination }: Cluster): string {
  const code = termination?.code === undefined ? '' : ` (${termination.code})`;
  return `${state ?? 'no state'}${code}${stateMessage ? `: ${stateMessage}` : ''}`;
}

export async function fail({ clusters, logger }: ClusterDeps, cluster: ClusterRecord, reason: string): Promise<void> {
  logger.warn({ cluster: cluster.id, clusterId: cluster.clusterId, pool: cluster.pool, reason }, 'cluster given up');
  await clusters.book.move(cluster.id, ['wanted', 'starting', 'ready'], { state: 'ending', isFailed: true, reason });
}

/** A cluster that nobody waits for any more, or that takes too long. */
async function giveUp(deps: ClusterDeps, cluster: ClusterRecord, seen = 'no cluster was made'): Promise<boolean> {
  const { book, pools } = deps.clusters;
  const startMs = pools[cluster.pool]?.startMs ?? 0;
  if (deps.clock.now() - cluster.createdAt > startMs) {
    await fail(deps, cluster, `it was not ready within ${Math.round(startMs / 1_000)} s, ${seen}`);
    return true;
  }
  if (cluster.parts.length > 0) return false;
  return book.move(cluster.id, ['wanted', 'starting'], {
    state: 'ending',
    onlyIdle: true,
    reason: 'nothing waits for it any more',
  });
}

async function libraries(
  deps: ClusterDeps,
  cluster: ClusterRecord,
  signal: AbortSignal,
): Promise<{ missing: ClusterRecord['libraries']; failed: string | undefined; isComplete: boolean }> {
  if (cluster.libraries.length === 0) return { missing: [], failed: undefined, isComplete: true };
  const options = { ...callOptions, signal };
  const all = await deps.workspace(cluster.workspace).clusters.libraryStatus(cluster.clusterId as string, options);
  const byLibrary = new Map(all.map((one) => [canonicalJson(one.library), one]));
  const statuses = cluster.libraries.map((library) => byLibrary.get(canonicalJson(library)));
  const failed = statuses.find((one) => one?.status === 'FAILED');
  return {
    missing: cluster.libraries.filter((_, index) => statuses[index] === undefined),
    failed: failed && `${JSON.stringify(failed.library)}: ${failed.messages.join('; ')}`,
    isComplete: statuses.every((one) => one?.status === 'INSTALLED' || one?.status === 'SKIPPED'),
  };
}
