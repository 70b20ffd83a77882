import type { PartRecord } from '@slowlane/contracts';
import { volumeStoreOf } from '@slowlane/databricks';
import type { KeeperDeps } from './keeper-deps.ts';
import type { Facts } from './part-facts.ts';
import { readProgress } from './read-progress.ts';

/** Between two looks for a newer file of one part; a poll that comes earlier leaves it out. */
const everyMs = 2_000;
/** Looks per second at one workspace by one node, where ends are read from its list and nothing else would ask for each run. */
const looksPerSecond = 5;
const mostRemembered = 5_000;

export interface ProgressWatch {
  /** Looks for a newer progress file of a running part and tells what it says. A volume that does not answer takes nothing from the poll. */
  look(deps: KeeperDeps, part: PartRecord, facts: Facts): Promise<void>;
  /**
   * The same for one of many watched runs, when its turn has come: each is looked at once in `watched / 5` seconds (50 runs: 10 s, 2,000 runs: about
   * 7 min) and not before its next poll, so that the calls do not grow with the runs.
   */
  lookInTurn(deps: KeeperDeps, part: PartRecord, among: { facts: Facts; watched: number }): Promise<void>;
}

/** Remembers when each part was looked at, and nothing else: a driver that writes no progress costs one small call each time. */
export function createProgressWatch(): ProgressWatch {
  const lookedAt = new Map<string, number>();
  const budgets = new Map<string, { left: number; at: number }>();
  function note(part: string, now: number): void {
    lookedAt.delete(part);
    lookedAt.set(part, now);
    const oldest = lookedAt.size > mostRemembered ? lookedAt.keys().next().value : undefined;
    if (oldest !== undefined) lookedAt.delete(oldest);
  }
  /** What came by while nothing was left comes by again at its next poll. */
  function mayLook(workspace: string, now: number): boolean {
    const before = budgets.get(workspace) ?? { left: looksPerSecond, at: now };
    const left = Math.min(looksPerSecond, before.left + ((now - before.at) / 1_000) * looksPerSecond);
    budgets.set(workspace, { left: left < 1 ? left : left - 1, at: now });
    return left >= 1;
  }
  return {
    async look(deps, part, facts) {
      const now = deps.clock.now();
      if (now - (lookedAt.get(part.id) ?? 0) < everyMs) return;
      note(part.id, now);
      await tell(deps, part, facts);
    },
    async lookInTurn(deps, part, { facts, watched }) {
      const now = deps.clock.now();
      const turnMs = Math.max(everyMs, (watched / looksPerSecond) * 1_000);
      if (now - (lookedAt.get(part.id) ?? part.submittedAt ?? now) < turnMs) return;
      if (!mayLook(facts.pin.workspace, now)) return;
      note(part.id, now);
      await tell(deps, part, facts);
    },
  };
}

async function tell(deps: KeeperDeps, part: PartRecord, { pin, resultPath }: Facts): Promise<void> {
  try {
    const volumes = volumeStoreOf(deps.workspace(pin.workspace));
    const { key, attempt } = part;
    const progress = await readProgress(volumes, { resultPath }, { key, attempt, after: part.progress?.step ?? 0 });
    if (progress !== undefined) await deps.requests.tellProgress(part.id, attempt, progress);
  } catch (error) {
    deps.logger.debug({ part: part.id, error: String(error) }, 'progress of a run could not be read this time');
  }
}
