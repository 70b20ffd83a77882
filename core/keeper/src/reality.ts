import { type PartRecord, type PartState, type RequestRecord, SlowLaneError } from '@slowlane/contracts';
import { type Run, outcomeOf } from '@slowlane/databricks';
import { partPaths } from '@slowlane/kit';
import { resultOfRun } from './clusters/warm-jobs.ts';
import type { KeeperDeps } from './keeper-deps.ts';

/** What a look at all workspaces has found. */
export interface Reality {
  /** False when a workspace did not answer: nothing was concluded then beyond those that did. */
  isComplete: boolean;
  /** Active runs that take a place although no slot is held for them, by workspace. */
  foreign: Record<string, string[]>;
  /** Parts that hold a slot and have an active run. */
  holding: string[];
}

const callOptions = { timeoutMs: 15_000, retryBudgetMs: 5_000 };
const holdsSlot: Record<PartState, boolean> = {
  parked: false,
  granted: true,
  submitting: true,
  running: true,
  cancelling: true,
  succeeded: false,
  failed: false,
  'timed-out': false,
  cancelled: false,
};

/**
 * Looks at the active runs of all workspaces, and tells the gate: runs without a slot of ours take places, counters are corrected, and parts whose
 * run is not active any more are polled at once. A gate that the platform closed, because Redis went back in time, opens after a complete look:
 * from then on a run that Redis has forgotten takes a place until it ends, and its part, submitted again with its token, gets the same run.
 */
export async function faceReality(deps: KeeperDeps, signal: AbortSignal): Promise<Reality> {
  const reality: Reality = { isComplete: true, foreign: {}, holding: [] };
  for (const workspace of deps.workspaces) await lookAt(deps, { workspace, reality, signal });
  if (!reality.isComplete || deps.gate === undefined) return reality;
  const { drift, notSeen, notHeld } = await deps.gate.reconcile({ holding: reality.holding });
  if (drift.length + notHeld.length > 0)
    deps.logger.warn({ drift, notHeld }, 'the gate and the workspaces did not agree');
  for (const partId of notSeen) await deps.requests.pollAgain(partId, 0);
  await openWhenReconciled(deps);
  return reality;
}

interface Look {
  workspace: string;
  reality: Reality;
  signal: AbortSignal;
}

async function lookAt(deps: KeeperDeps, { workspace, reality, signal }: Look): Promise<void> {
  try {
    const look = { workspace, reality, signal };
    const foreign = await deps.breakers.count(workspace, () => sortRuns(deps, look));
    reality.foreign[workspace] = foreign;
    await deps.gate?.foreign(workspace, foreign.length, { runs: foreign });
  } catch (error) {
    if (signal.aborted || !(error instanceof SlowLaneError) || error.code.startsWith('queue.')) throw error;
    reality.isComplete = false;
    deps.logger.warn({ workspace, failure: error.toFailure() }, 'the runs of the workspace could not be compared');
  }
}

/** Adds the parts that hold a slot and run, and returns the runs that take a place without. */
async function sortRuns(deps: KeeperDeps, { workspace, reality, signal }: Look): Promise<string[]> {
  const foreign: string[] = [];
  const runs = deps.workspace(workspace).runs.list({ activeOnly: true }, { ...callOptions, signal });
  for await (const run of runs) {
    const part = await ownerOf(deps, workspace, run);
    if (part !== undefined && holdsSlot[part.state]) reality.holding.push(part.id);
    else if (part === undefined || (await stillGoesOn(deps, { workspace, run, signal }))) foreign.push(run.runId);
  }
  return foreign;
}

/** Its part may have ended between the list and the look into Redis. */
async function stillGoesOn(
  deps: KeeperDeps,
  { workspace, run, signal }: { workspace: string; run: Run; signal: AbortSignal },
): Promise<boolean> {
  try {
    return !outcomeOf(await deps.workspace(workspace).runs.get(run.runId, { ...callOptions, signal })).ended;
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'workspace.not-found') return false;
    throw error;
  }
}

const requestIdForm = /req_[0-9A-HJKMNP-TV-Z]{26}/;

/** The part of a run by its result folder, which is one per (request, part, attempt). What the parameters say is a stranger's word: Redis decides. */
async function ownerOf(deps: KeeperDeps, workspace: string, run: Run): Promise<PartRecord | undefined> {
  const result = resultOfRun(run);
  const requestId = result === undefined ? undefined : requestIdForm.exec(result)?.[0];
  if (requestId === undefined) return undefined;
  const request = await deps.requests.get(requestId);
  if (request?.resultPath === undefined || request.pin.workspace !== workspace) return undefined;
  return (await deps.requests.parts(requestId)).find((part) => isRunOf(part, request, run));
}

function isRunOf(part: PartRecord, { resultPath }: RequestRecord, run: Run): boolean {
  if (part.runId !== undefined) return part.runId === run.runId;
  return partPaths(resultPath as string, part.key, part.attempt).result === resultOfRun(run);
}

/** Only what the platform closed; what a person closed, a person opens. */
async function openWhenReconciled({ gate, logger }: KeeperDeps): Promise<void> {
  const all = (await gate?.list())?.find(({ dimension }) => dimension === '*');
  if (all?.closed?.some(({ cause, by }) => cause === 'closed' && by === 'platform') !== true) return;
  await gate?.open('keeper');
  logger.info({}, 'what runs on the workspaces is reconciled: the gate opens');
}

/** Looks again and again until the signal ends it. A long list of runs is read more rarely: a tenth of a second of pause for each run of it. */
export async function keepFacingReality(deps: KeeperDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && deps.workspaces.length > 0) {
    let seen = 0;
    let isComplete = false;
    try {
      const reality = await faceReality(deps, signal);
      isComplete = reality.isComplete;
      seen = reality.holding.length + Object.values(reality.foreign).flat().length;
    } catch (error) {
      if (signal.aborted) return;
      deps.logger.warn({ error: String(error) }, 'comparing with the workspaces goes on after a failure');
    }
    const pauseMs = Math.max(deps.realityMs, seen * 100);
    await deps.clock.sleep(isComplete ? pauseMs : Math.min(pauseMs, 5_000), signal).catch(() => undefined);
  }
}
