import { type Failure, type JsonObject, type PartRecord, SlowLaneError, failureOf } from '@slowlane/contracts';
import { inFolder } from '@slowlane/databricks';
import { partPaths, splitPartId } from '@slowlane/kit';
import { failedToStart } from './clusters/failed-to-start.ts';
import { placePart } from './clusters/place-part.ts';
import { heldByApi } from './held-by.ts';
import { idempotencyToken } from './idempotency-token.ts';
import type { KeeperDeps } from './keeper-deps.ts';
import { ruleOf } from './outcomes.ts';
import type { Facts } from './part-facts.ts';
import { pollIntervalMs } from './poll-interval.ts';
import { postponeMs } from './postpone.ts';
import { type StartRequest, startRun } from './start-run.ts';

const uploadTimeoutMs = 15_000;
/** How often a part whose run is unknown looks for it again. */
const unknownMs = 60_000;

/**
 * Brings a granted part to a bound run, or says why not. Repeating it is safe at every point: the intent is stored before the call, and the same
 * attempt always sends the same token. Whatever is only temporary gives the part back to the dispatcher, with its slot.
 */
export async function submitPart(deps: KeeperDeps, partId: string, signal: AbortSignal): Promise<void> {
  const requestId = splitPartId(partId)?.requestId ?? partId;
  const reading = deps.facts.of({ requestId });
  reading.catch(() => undefined);
  const lease = await deps.requests.claim(partId, deps.node, deps.leaseMs);
  if (lease === undefined || lease.part.runId !== undefined) return;
  const submission = { deps, part: lease.part, fence: lease.fence, signal };
  try {
    await submit(submission, await reading);
  } catch (error) {
    if (signal.aborted) throw error;
    const { workspace = '' } = (await reading.catch(() => undefined))?.pin ?? {};
    await giveBackOrFail(submission, workspace, error);
  }
}

interface Submission {
  deps: KeeperDeps;
  part: PartRecord;
  fence: number;
  signal: AbortSignal;
}

async function submit(submission: Submission, facts: Facts): Promise<void> {
  const { deps, part, fence, signal } = submission;
  const token = idempotencyToken({ ...part, workspace: facts.pin.workspace });
  const isRepeat = part.token === token;
  if (part.cancelRequested && !isRepeat) return cancelled(submission);
  deps.breakers.check(facts.pin.workspace);

  const on = facts.registration.reuse === true ? await placed(submission, facts) : undefined;
  if (on === 'nowhere') return;

  // Neither needs the other, and both must be there before the call.
  const [isOurs] = await Promise.all([
    deps.requests.intend(part.id, fence, { attempt: part.attempt, token }),
    writeDocument(submission, facts),
  ]);
  if (!isOurs) return;

  const started = await startRun(deps, { part, facts, token, isRepeat, on, signal });
  if (started.runId === undefined && started.isUnknown === true)
    return unknown(submission, facts.pin.workspace, started.failure);
  if (started.runId === undefined) return refused(submission, started.failure);
  const { host } = deps.workspace(facts.pin.workspace);
  // A one-time run has a job of its own, which only the workspace knows.
  const runPageUrl = on === undefined ? `${host}/jobs/${facts.registration.jobId}/runs/${started.runId}` : undefined;
  const pollMs = pollIntervalMs(deps.poll, facts.pin.workspace, 0);
  const isBound = await deps.requests.bind(part.id, fence, { runId: started.runId, runPageUrl, pollMs });
  deps.logger.info({ part: part.id, attempt: part.attempt, runId: started.runId, isBound }, 'run started');
}

/**
 * The warm cluster of a part. Without one yet, the part keeps its slot and asks again; a cluster that never came up has let this attempt down
 * like one that died under a run.
 */
async function placed(submission: Submission, facts: Facts): Promise<StartRequest['on'] | 'nowhere'> {
  const { deps, part, fence, signal } = submission;
  if (deps.clusters === undefined)
    throw new SlowLaneError('platform.unexpected', `part "${part.key}" wants a warm cluster, and this keeper has none`);
  const place = await placePart({ ...deps, clusters: deps.clusters }, part, facts, signal);
  if ('clusterId' in place) return place;
  if ('failed' in place) await failedToStart(deps, { part, facts, cluster: place.failed });
  else {
    const waitedMs = deps.clock.now() - (part.grantedAt ?? deps.clock.now());
    deps.logger.debug({ part: part.id, why: place.hold.reason }, 'waits for a cluster');
    await deps.requests.postpone(part.id, fence, Math.min(5_000, Math.max(250, waitedMs / 10)), place.hold);
  }
  return 'nowhere';
}

/** One PUT; the folder is made only when it turns out to be missing. */
async function writeDocument({ deps, part, signal }: Submission, { pin, resultPath }: Facts): Promise<void> {
  const { files } = deps.workspace(pin.workspace);
  const { request } = partPaths(resultPath, part.key, part.attempt);
  const bytes = Buffer.from(JSON.stringify(part.document));
  const options = { signal, timeoutMs: uploadTimeoutMs, retryBudgetMs: 0 };
  await inFolder(files, request, () => files.put(request, bytes, options));
}

/** The workspace has said no, and there is no run: asked to cancel, that is what was wanted. */
async function refused(submission: Submission, failure: Failure): Promise<void> {
  const { deps, part } = submission;
  const now = await deps.requests.part(part.id);
  if (now?.cancelRequested === true) return cancelled(submission);
  deps.logger.warn({ part: part.id, attempt: part.attempt, failure }, 'run refused');
  await deps.requests.release(part.id, { state: 'failed', attempt: part.attempt, failure, runMs: 0, log: undefined });
}

/**
 * A run may have been started, and cannot be found. It is not started again on a guess and its slot is not given to another: the part keeps it and looks
 * again now and then, until a person who has looked at the workspace cancels the request.
 */
async function unknown(submission: Submission, workspace: string, failure: Failure): Promise<void> {
  const { deps, part, fence } = submission;
  const now = await deps.requests.part(part.id);
  if (now?.cancelRequested === true) return cancelled(submission);
  deps.logger.error({ part: part.id, attempt: part.attempt, failure }, 'a person must decide: the run is unknown');
  await raise(submission, failure);
  const until = deps.clock.now() + unknownMs;
  const { code, message } = failure;
  await deps.requests.postpone(part.id, fence, unknownMs, heldByApi(workspace, { code, message }, until));
}

/** Once for each attempt and process. */
async function raise({ deps, part }: Submission, failure: Failure): Promise<void> {
  const name = `${part.id}/${part.attempt}`;
  if (deps.raised.has(name)) return;
  const request = await deps.requests.get(part.requestId);
  await deps.events?.append({
    type: 'part.unknown',
    correlationId: request?.correlationId ?? part.requestId,
    subject: { request: part.requestId, part: part.id },
    data: { attempt: part.attempt, failure: failure as unknown as JsonObject },
  });
  deps.raised.add(name);
}

async function cancelled({ deps, part }: Submission): Promise<void> {
  const failure = new SlowLaneError('run.cancelled', `part "${part.key}" was cancelled before it ran`).toFailure();
  await deps.requests.release(part.id, {
    state: 'cancelled',
    attempt: part.attempt,
    failure,
    runMs: 0,
    log: undefined,
  });
}

/** By `answerRules`. Our own queue's failures go to the worker, which repeats the queue job. */
async function giveBackOrFail(submission: Submission, workspace: string, error: unknown): Promise<void> {
  const { deps, part, fence } = submission;
  if (!(error instanceof SlowLaneError) || error.code.startsWith('queue.')) throw error;
  if (ruleOf(error).submit === 'fail' || !error.code.startsWith('workspace.'))
    return refused(submission, failureOf(error));
  const delayMs = postponeMs(error, deps.clock.now() - (part.grantedAt ?? deps.clock.now()));
  deps.logger.warn(
    { part: part.id, attempt: part.attempt, failure: error.toFailure(), delayMs },
    'submission postponed',
  );
  await deps.requests.postpone(part.id, fence, delayMs, heldByApi(workspace, error, deps.clock.now() + delayMs));
}
