import { type PartRecord, SlowLaneError } from '@slowlane/contracts';
import { type DatabricksClient, type Run, outcomeOf } from '@slowlane/databricks';
import { endAttempt } from './end-attempt.ts';
import type { KeeperDeps } from './keeper-deps.ts';
import { ruleOf } from './outcomes.ts';
import type { Facts } from './part-facts.ts';
import { pollIntervalMs } from './poll-interval.ts';

const callOptions = { timeoutMs: 10_000, retryBudgetMs: 0 };
/** Beyond the job's own limit, before our guard cancels: the cluster's start counts, and the workspace may be slow to act. */
const graceMs = 10 * 60_000;
/** A run that was just started may not be found for a moment. */
const settleMs = 60_000;

/**
 * Asks for one run and draws the conclusion. No failed poll ends anything: the part stays bound and is asked for again. Only a run that the workspace no
 * longer knows ends, with an outcome that nobody knows.
 *
 * @returns whether the run still goes on
 */
export async function pollPart(deps: KeeperDeps, part: PartRecord, signal: AbortSignal): Promise<boolean> {
  const facts = await deps.facts.of(part);
  const client = deps.workspace(facts.pin.workspace);
  const runId = part.runId as string;
  try {
    const run = await deps.breakers.count(facts.pin.workspace, () =>
      client.runs.get(runId, { ...callOptions, signal }),
    );
    return await conclude(deps, { part, facts, client, run });
  } catch (error) {
    if (!(error instanceof SlowLaneError) || !error.code.startsWith('workspace.')) throw error;
    if (ruleOf(error).poll === 'gone' && ageOf(deps, part) > settleMs) return gone(deps, part, error);
    deps.logger.warn({ part: part.id, runId, failure: error.toFailure() }, 'poll failed, the run is still watched');
    await deps.requests.pollAgain(part.id, Math.max(2_000, intervalOf(deps, part, facts)));
    return true;
  }
}

interface Polled {
  part: PartRecord;
  facts: Facts;
  client: DatabricksClient;
  run: Run;
}

async function conclude(deps: KeeperDeps, { part, facts, client, run }: Polled): Promise<boolean> {
  const outcome = outcomeOf(run);
  if (outcome.ended) {
    await endAttempt(deps, part, facts, { run, outcome: outcome.outcome, message: outcome.message });
    return false;
  }
  const { timeoutMs } = facts.registration;
  const runningSince = run.startTime || part.submittedAt || deps.clock.now();
  if (timeoutMs > 0 && deps.clock.now() - runningSince > timeoutMs + graceMs) {
    deps.logger.warn(
      { part: part.id, runId: run.runId, timeoutMs, state: outcome.state },
      'run is past its limit and is cancelled',
    );
    await client.runs.cancel(run.runId, callOptions);
  }
  await deps.progress.look(deps, part, facts);
  await deps.requests.pollAgain(part.id, intervalOf(deps, part, facts));
  return true;
}

async function gone(deps: KeeperDeps, part: PartRecord, error: SlowLaneError): Promise<boolean> {
  const message = `run ${part.runId} of part "${part.key}" is not known to the workspace any more: ${error.message}`;
  const failure = new SlowLaneError('run.unknown-outcome', message, {
    data: { runId: part.runId, attempt: part.attempt },
  }).toFailure();
  const state = part.cancelRequested ? 'cancelled' : 'failed';
  await deps.requests.release(part.id, {
    state,
    attempt: part.attempt,
    failure,
    runMs: ageOf(deps, part),
    log: undefined,
  });
  return false;
}

function ageOf(deps: KeeperDeps, part: PartRecord): number {
  return Math.max(0, deps.clock.now() - (part.submittedAt ?? deps.clock.now()));
}

/** A run that was asked to end is about to: it is looked at as often as a fresh one. */
function intervalOf(deps: KeeperDeps, part: PartRecord, facts: Facts): number {
  return pollIntervalMs(deps.poll, facts.pin.workspace, part.cancelRequested ? 0 : ageOf(deps, part));
}
