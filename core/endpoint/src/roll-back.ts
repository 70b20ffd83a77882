import { type PipelineRevision, type Registration, type RollbackPipeline, SlowLaneError } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import type { EndpointDeps } from './endpoint-deps.ts';
import { targetOf } from './target-of.ts';

/** How far back a rollback looks. */
const mostRecent = 200;

/**
 * Makes an earlier registration the current one by writing it again: requests from now on are pinned to it; running and parked parts keep what they were
 * accepted under. Throws `pipeline.not-registered`, `pipeline.no-rollback`.
 */
export async function rollBack(
  deps: EndpointDeps,
  { revision, wanted, by }: { revision: PipelineRevision; wanted: RollbackPipeline; by: string },
): Promise<{ from: Registration; to: Registration }> {
  const target = targetOf(revision, wanted.target);
  const recent = await deps.registrations.recent(revision.name, target, mostRecent);
  const from = recent[0];
  if (from === undefined)
    throw new SlowLaneError('pipeline.not-registered', `"${revision.name}" has no job for the target "${target}" yet`);
  const earlier = choose(recent, from, wanted.to);
  if ((await deps.jobExists?.(earlier)) === false)
    throw noRollback(`job ${earlier.jobId} of ${earlier.set.digest} was deleted on "${earlier.workspace}"`, recent);
  const { at: _, ...same } = earlier;
  const to = await deps.registrations.put({ ...same, id: newId('reg') });
  await deps.tell?.({
    type: 'pipeline.rolled-back',
    correlationId: newId('cor'),
    subject: { pipeline: revision.name, build: to.buildId },
    data: { target, from: from.set.digest, to: to.set.digest, registrationId: to.id, by },
  });
  return { from, to };
}

function choose(recent: readonly Registration[], from: Registration, to: string | undefined): Registration {
  const others = recent.filter(({ set }) => set.digest !== from.set.digest);
  if (to === undefined) {
    if (others[0] !== undefined) return others[0];
    throw noRollback('there is no earlier artifact', recent);
  }
  const found = recent.filter(({ set, id, buildId }) => set.digest.startsWith(to) || id === to || buildId === to);
  const [first] = found;
  if (first === undefined) throw noRollback(`"${to}" was never registered for this target`, recent);
  if (found.some(({ set }) => set.digest !== first.set.digest))
    throw noRollback(`"${to}" is the beginning of several digests`, recent);
  if (first.set.digest === from.set.digest) throw noRollback(`${first.set.digest} is the current artifact`, recent);
  return first;
}

function noRollback(message: string, recent: readonly Registration[]): SlowLaneError {
  const digests = [...new Set(recent.map(({ set }) => set.digest))].slice(0, 10);
  return new SlowLaneError('pipeline.no-rollback', message, {
    hint: `Registered so far, newest first: ${digests.join(', ')}`,
    data: { digests },
  });
}
