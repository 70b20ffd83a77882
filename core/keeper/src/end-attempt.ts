import type { Failure, PartRecord } from '@slowlane/contracts';
import type { Run, RunEnd } from '@slowlane/databricks';
import { decideEnd } from './decide-end.ts';
import { deliveredLog } from './delivered-log.ts';
import { failureOfRun } from './failure-of-run.ts';
import type { KeeperDeps } from './keeper-deps.ts';
import type { Facts } from './part-facts.ts';
import { keepLog, readOutputs } from './run-outputs.ts';

/** Between two looks for a log that the workspace has yet to deliver. */
const deliveryPollMs = 5_000;

export interface Ended {
  run: Run;
  outcome: RunEnd;
  message: string;
}

/** A poll has shown that the run ended: keeps its log, then releases the part or sends it into another attempt. Repeating it does nothing more. While a long log is on its way the part stays bound, and the next poll comes here again. */
export async function endAttempt(
  deps: KeeperDeps,
  part: PartRecord,
  facts: Facts,
  { run, outcome, message }: Ended,
): Promise<void> {
  const client = deps.workspace(facts.pin.workspace);
  const outputs = await readOutputs(deps, client, run);
  const whole = await deliveredLog(deps, { client, run, outputs, base: facts.registration.logs });
  if (whole === 'later') return deps.requests.pollAgain(part.id, deliveryPollMs);
  const log = whole ?? (await keepLog(deps, run, outputs));
  // Before the release: whoever is granted the slot next may take the cluster at once.
  if (facts.registration.reuse === true) await deps.clusters?.book.giveBack(part.id, part.attempt);
  const runMs = durationOf(deps, part, run);
  const meant = ownTimeLimit(outcome, part, facts, runMs);
  const { attempt } = part;
  if (meant === 'succeeded')
    return void (await deps.requests.release(part.id, { state: 'succeeded', attempt, runMs, log }));

  const failure = failureOfRun(part, { run, outcome: meant, message, outputs });
  const decision = decideEnd({
    outcome: meant,
    attempt,
    uncounted: uncountedOf(part),
    retries: facts.registration.retries,
    cancelRequested: part.cancelRequested,
    heldMs: deps.clock.now() - (part.grantedAt ?? part.parkedAt),
  });
  if (decision.then === 'retry') {
    const uncounted = uncountedOf(part) + (decision.isCounted ? 0 : 1);
    const told = withData(failure, { ...(uncounted > 0 && { uncounted }), ...(log !== undefined && { log }) });
    if (await deps.requests.retry(part.id, told, { attempt, delayMs: decision.delayMs })) return;
  }
  const state = decision.then === 'retry' ? await stateWithoutRetry(deps, part) : decision.state;
  const ended = state === 'succeeded' ? 'failed' : state;
  await deps.requests.release(part.id, { state: ended, attempt, failure, runMs, log });
}

/** A retry is refused when a cancel came meanwhile, or when another keeper has already ended this attempt: then the release does nothing. */
async function stateWithoutRetry(deps: KeeperDeps, part: PartRecord): Promise<'cancelled' | 'failed'> {
  return (await deps.requests.part(part.id))?.cancelRequested === true ? 'cancelled' : 'failed';
}

/** A run that our guard cancelled, because the workspace let it go past its limit, has timed out. */
function ownTimeLimit(outcome: RunEnd, part: PartRecord, { registration }: Facts, runMs: number): RunEnd {
  const isPast = registration.timeoutMs > 0 && runMs > registration.timeoutMs;
  return outcome === 'cancelled' && !part.cancelRequested && isPast ? 'timed-out' : outcome;
}

function durationOf(deps: KeeperDeps, part: PartRecord, { startTime, endTime }: Run): number {
  const from = startTime || part.submittedAt || deps.clock.now();
  return Math.max(0, (endTime || deps.clock.now()) - from);
}

/** The failure of the last attempt carries it from attempt to attempt: it is stored in the same step as the new attempt. */
export function uncountedOf({ failure }: PartRecord): number {
  const uncounted = failure?.data?.['uncounted'];
  return typeof uncounted === 'number' && Number.isSafeInteger(uncounted) && uncounted > 0 ? uncounted : 0;
}

/** The log of an attempt that is tried again is found through its failure. */
function withData(failure: Failure, data: Record<string, string | number>): Failure {
  return Object.keys(data).length === 0 ? failure : { ...failure, data: { ...failure.data, ...data } };
}
