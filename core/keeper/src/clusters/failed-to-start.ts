import { type ClusterRecord, type PartRecord, SlowLaneError } from '@slowlane/contracts';
import { decideEnd } from '../decide-end.ts';
import { uncountedOf } from '../end-attempt.ts';
import type { KeeperDeps } from '../keeper-deps.ts';
import { endRules } from '../outcomes.ts';
import type { Facts } from '../part-facts.ts';

/** The cluster of an attempt never took it: what becomes of the part is what the table says of a workspace that let a run down. */
export async function failedToStart(
  deps: KeeperDeps,
  { part, facts, cluster }: { part: PartRecord; facts: Facts; cluster: ClusterRecord },
): Promise<void> {
  const message = `part "${part.key}": its cluster ${cluster.id} of pool "${cluster.pool}" did not come up: ${cluster.reason ?? 'no reason told'}`;
  const uncounted = uncountedOf(part);
  const data = {
    attempt: part.attempt,
    cluster: cluster.id,
    clusterId: cluster.clusterId,
    ...(uncounted > 0 && { uncounted }),
  };
  const failure = new SlowLaneError(endRules.platform.code, message, { data }).toFailure();
  const decision = decideEnd({
    outcome: 'platform',
    attempt: part.attempt,
    uncounted,
    retries: facts.registration.retries,
    cancelRequested: part.cancelRequested,
    heldMs: deps.clock.now() - (part.grantedAt ?? part.parkedAt),
  });
  await deps.clusters?.book.giveBack(part.id, part.attempt);
  if (decision.then === 'retry') {
    const again = { attempt: part.attempt, delayMs: decision.delayMs };
    if (await deps.requests.retryBeforeRun(part.id, failure, again)) return;
  }
  const state = (await deps.requests.part(part.id))?.cancelRequested === true ? 'cancelled' : 'failed';
  await deps.requests.release(part.id, { state, attempt: part.attempt, failure, runMs: 0, log: undefined });
}
