import { type Failure, type PartRecord, SlowLaneError } from '@slowlane/contracts';
import type { CallOptions, RunNow } from '@slowlane/databricks';
import { partPaths } from '@slowlane/kit';
import type { WarmJob } from './clusters/warm-jobs.ts';
import { findRun } from './find-run.ts';
import type { KeeperDeps } from './keeper-deps.ts';
import { ruleOf } from './outcomes.ts';
import type { Facts } from './part-facts.ts';

export interface StartRequest {
  part: PartRecord;
  facts: Facts;
  token: string;
  /** The intent was stored before: an earlier call with this token may have arrived. */
  isRepeat: boolean;
  /** The warm cluster it runs on, and the settings of its job; absent = by the job itself. */
  on?: { clusterId: string; job: WarmJob } | undefined;
  signal: AbortSignal;
}

/** `isUnknown`: there may have been a run, and nobody can say what it did. */
export type Started = { runId: string } | { runId: undefined; failure: Failure; isUnknown?: boolean };

const tries = 4;
const firstPauseMs = 200;

/**
 * Sends `run-now` until the run id is known or the workspace says no; after a lost reply, a time-out or a 5xx the same token again, so that it stays one
 * run. A 429 and the last failure are thrown for the caller to postpone.
 */
export async function startRun(deps: KeeperDeps, start: StartRequest): Promise<Started> {
  const { workspace } = start.facts.pin;
  const options = { signal: start.signal, timeoutMs: deps.callTimeoutMs, retryBudgetMs: 0 };
  let mayHaveArrived = start.isRepeat;
  for (let attempt = 1; ; attempt++) {
    try {
      return await deps.breakers.count(workspace, () => send(deps, start, options));
    } catch (error) {
      if (!(error instanceof SlowLaneError)) throw error;
      const { submit } = ruleOf(error);
      if (submit === 'fail') return mayHaveArrived ? afterDoubt(deps, start, error) : refusal(start, error);
      if (submit !== 'same-token' || attempt === tries) throw error;
      mayHaveArrived = true;
      await deps.clock.sleep(firstPauseMs * 3 ** (attempt - 1), start.signal);
    }
  }
}

function send(deps: KeeperDeps, start: StartRequest, options: CallOptions): Promise<{ runId: string }> {
  const { jobs, runs } = deps.workspace(start.facts.pin.workspace);
  if (start.on === undefined) return jobs.runNow(runNowOf(start), options);
  const paths = partPaths(start.facts.resultPath, start.part.key, start.part.attempt);
  const settings = start.on.job.runOn(start.on.clusterId, paths);
  return runs.submit({ idempotencyToken: start.token, settings }, options);
}

function runNowOf({ part, facts, token }: StartRequest): RunNow {
  const { request, result } = partPaths(facts.resultPath, part.key, part.attempt);
  return { jobId: facts.registration.jobId, idempotencyToken: token, jobParameters: { request, result } };
}

function refusal({ part, facts }: StartRequest, error: SlowLaneError): Started {
  const message = `part "${part.key}" could not be started on workspace "${facts.pin.workspace}": ${error.message}`;
  const failure = new SlowLaneError(error.code, message, { hint: error.hint, ...(error.data && { data: error.data }) });
  return { runId: undefined, failure: failure.toFailure() };
}

/**
 * Refused although an earlier call with this token may have started the run: its run may have been deleted, and then the token is spent. The run's
 * parameters name it too, so the list of runs decides; if it is not there, nobody can say what it did.
 */
async function afterDoubt(deps: KeeperDeps, start: StartRequest, error: SlowLaneError): Promise<Started> {
  const runId = await findRun(deps, start);
  if (runId !== undefined) return { runId };
  const { part, facts } = start;
  const message = `part "${part.key}": a run may have been started on workspace "${facts.pin.workspace}" and cannot be found: ${error.message}`;
  const data = { attempt: part.attempt, token: start.token, workspace: error.data };
  return {
    runId: undefined,
    isUnknown: true,
    failure: new SlowLaneError('run.unknown-outcome', message, { cause: error, data }).toFailure(),
  };
}
