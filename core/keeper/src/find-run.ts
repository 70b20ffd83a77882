import { partPaths } from '@slowlane/kit';
import { resultOfRun } from './clusters/warm-jobs.ts';
import type { KeeperDeps } from './keeper-deps.ts';
import type { StartRequest } from './start-run.ts';

/** Clocks of the workspace and of Redis may differ by so much. */
const slackMs = 15 * 60_000;
const mostRuns = 2_000;

/** The run of an attempt by its job parameters: the result folder is one per (request, part, attempt). `undefined` when no run has it. */
export async function findRun(
  deps: KeeperDeps,
  { part, facts, signal }: Omit<StartRequest, 'token'>,
): Promise<string | undefined> {
  const { runs } = deps.workspace(facts.pin.workspace);
  const { result } = partPaths(facts.resultPath, part.key, part.attempt);
  const query = {
    // One-time runs belong to no job of ours.
    ...(facts.registration.reuse !== true && { jobId: facts.registration.jobId }),
    startTimeFrom: (part.grantedAt ?? part.parkedAt) - slackMs,
  };
  let seen = 0;
  for await (const run of runs.list(query, { signal })) {
    if (resultOfRun(run) === result) return run.runId;
    if (++seen === mostRuns) return undefined;
  }
  return undefined;
}
