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
  /** Sweeps the workspaces whose time has come, and makes the parts whose runs have ended due at once. */
  run(signal: AbortSignal): Promise<void>;
}

interface Watched {
  partId: string;
  polledAt: number;
}

interface Swept {
  runs: Map<string, Watched>;
  sweptAt: number;
  /** Newest end time that the workspace has told. */
  newestEnd: number | undefined;
}

/** Ends may appear in the list out of order by so much. */
const slackMs = 60_000;
/** Of one sweep, at least. */
const mostPages = 40;
const directMs = 300_000;
const directMsPerRun = 150;

export function createSweeps(deps: KeeperDeps): Sweeps {
  const workspaces = new Map<string, Swept>();
  const of = (workspace: string): Swept => {
    const known = workspaces.get(workspace) ?? { runs: new Map<string, Watched>(), sweptAt: 0, newestEnd: undefined };
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
    async run(signal) {
      for (const [workspace, swept] of workspaces) {
        const isDue = deps.clock.now() - swept.sweptAt >= deps.poll.sweepMs;
        if (swept.runs.size <= deps.poll.sweepAbove || !isDue) continue;
        swept.sweptAt = deps.clock.now();
        dropStale(deps, swept);
        await sweep(deps, workspace, swept, signal);
      }
    },
  };
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
  // What has ended at once may be all that is watched, with as many runs of others between them.
  const mostSeen = Math.max(mostPages * 24, swept.runs.size * 2);
  let seen = 0;
  try {
    for await (const run of deps
      .workspace(workspace)
      .runs.list({ completedOnly: true }, { signal, timeoutMs: 10_000, retryBudgetMs: 0 })) {
      const endTime = run.endTime ?? 0;
      if (endTime < until || ++seen > mostSeen) return;
      swept.newestEnd = Math.max(swept.newestEnd ?? 0, endTime);
      const watched = swept.runs.get(run.runId);
      if (watched === undefined) continue;
      swept.runs.delete(run.runId);
      await deps.requests.pollAgain(watched.partId, 0);
    }
  } catch (error) {
    if (!(error instanceof SlowLaneError) || !error.code.startsWith('workspace.')) throw error;
    deps.logger.warn(
      { workspace, failure: error.toFailure() },
      'sweep failed, runs are asked for one by one when their time comes',
    );
  }
}
