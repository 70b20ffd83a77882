import { type PartRecord, SlowLaneError } from '@slowlane/contracts';
import type { KeeperDeps } from './keeper-deps.ts';

/**
 * Watching many runs with few calls. Above `sweepAbove` runs on one workspace, the list of runs that ended lately (newest end first, 24 a page) tells
 * whose turn it is, so calls grow with the runs that end and not with those that go on. The list is only a hint: each run is still asked for
 * itself, rarely, and its end is always read from the run.
 */
export interface Sweeps {
  /** Whether the poll of this part can be left to the sweeps this time. */
  canSkip(workspace: string, part: PartRecord): boolean;
  polled(workspace: string, part: PartRecord): void;
  /** Runs on it that this node has asked for and that have not ended. */
  watched(workspace: string): number;
  forget(workspace: string, part: PartRecord): void;
  /** Starts to sweep the workspaces whose time has come, which makes the parts whose runs have ended due at once. Does not wait: the ends that are known are not held up by the pages still to come. */
  start(signal: AbortSignal): void;
  /** Once none is under way. */
  settled(): Promise<void>;
}

interface Watched {
  partId: string;
  polledAt: number;
}

interface Swept {
  runs: Map<string, Watched>;
  nextAt: number;
  underWay: Promise<void> | undefined;
  /** Newest end time that a whole sweep was told of; what broke off leaves it, so that the next one reads as far back. */
  newestEnd: number | undefined;
}

/** Ends may appear in the list out of order by so much. */
const slackMs = 60_000;
/** Of one sweep: 24,000 ends, more than twice the 10,000 jobs that Databricks lets a workspace start in an hour. Only one that pages for ever comes there. */
const mostSeen = 1_000 * 24;
const directMs = 300_000;
const directMsPerRun = 150;

export function createSweeps(deps: KeeperDeps): Sweeps {
  const workspaces = new Map<string, Swept>();
  const of = (workspace: string): Swept => {
    const known = workspaces.get(workspace) ?? {
      runs: new Map<string, Watched>(),
      nextAt: 0,
      underWay: undefined,
      newestEnd: undefined,
    };
    workspaces.set(workspace, known);
    return known;
  };
  return {
    canSkip(workspace, part) {
      const swept = of(workspace);
      const watched = swept.runs.get(part.runId as string);
      if (watched === undefined || part.cancelRequested || swept.runs.size <= deps.poll.sweepAbove) return false;
      return deps.clock.now() - watched.polledAt < directEveryMs(swept);
    },
    polled(workspace, part) {
      of(workspace).runs.set(part.runId as string, { partId: part.id, polledAt: deps.clock.now() });
    },
    watched: (workspace) => of(workspace).runs.size,
    forget(workspace, part) {
      of(workspace).runs.delete(part.runId as string);
    },
    start(signal) {
      for (const [workspace, swept] of workspaces) {
        const isDue = swept.underWay === undefined && deps.clock.now() >= swept.nextAt;
        if (swept.runs.size <= deps.poll.sweepAbove || !isDue) continue;
        dropStale(deps, swept);
        swept.underWay = sweepOnce(deps, workspace, swept, signal);
      }
    },
    async settled() {
      await Promise.all([...workspaces.values()].map(({ underWay }) => underWay));
    },
  };
}

/** A sweep of many pages is followed by a pause as long as it took: half of the workspace's rate for lists is left to others. */
async function sweepOnce(deps: KeeperDeps, workspace: string, swept: Swept, signal: AbortSignal): Promise<void> {
  const startedAt = deps.clock.now();
  try {
    await sweep(deps, workspace, swept, signal);
  } catch (error) {
    if (!signal.aborted)
      deps.logger.error({ workspace, error: String(error) }, 'a sweep broke off, the next one follows');
  } finally {
    const tookMs = deps.clock.now() - startedAt;
    swept.nextAt = startedAt + Math.max(deps.poll.sweepMs, 2 * tookMs);
    swept.underWay = undefined;
  }
}

function directEveryMs(swept: Swept): number {
  return Math.max(directMs, swept.runs.size * directMsPerRun);
}

/** What another node ended is not heard of here again. */
function dropStale(deps: KeeperDeps, swept: Swept): void {
  const before = deps.clock.now() - 4 * directEveryMs(swept);
  for (const [runId, { polledAt }] of swept.runs) if (polledAt < before) swept.runs.delete(runId);
}

async function sweep(deps: KeeperDeps, workspace: string, swept: Swept, signal: AbortSignal): Promise<void> {
  const until = (swept.newestEnd ?? deps.clock.now()) - slackMs;
  let newestEnd = swept.newestEnd ?? 0;
  let seen = 0;
  try {
    for await (const run of deps
      .workspace(workspace)
      .runs.list({ completedOnly: true }, { signal, timeoutMs: 10_000, retryBudgetMs: 0 })) {
      const endTime = run.endTime ?? 0;
      if (endTime < until || ++seen > mostSeen) break;
      newestEnd = Math.max(newestEnd, endTime);
      const watched = swept.runs.get(run.runId);
      if (watched === undefined) continue;
      swept.runs.delete(run.runId);
      await deps.requests.pollAgain(watched.partId, 0);
    }
    if (newestEnd > 0) swept.newestEnd = newestEnd;
  } catch (error) {
    if (!(error instanceof SlowLaneError) || !error.code.startsWith('workspace.')) throw error;
    deps.logger.warn(
      { workspace, failure: error.toFailure() },
      'sweep failed, runs are asked for one by one when their time comes',
    );
  }
}
