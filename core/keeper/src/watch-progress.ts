import type { PartRecord } from '@slowlane/contracts';
import { volumeStoreOf } from '@slowlane/databricks';
import type { KeeperDeps } from './keeper-deps.ts';
import type { Facts } from './part-facts.ts';
import { readProgress } from './read-progress.ts';

/** Between two looks for a newer file of one part; a poll that comes earlier leaves it out. */
const everyMs = 2_000;
const mostRemembered = 5_000;

export interface ProgressWatch {
  /** Looks for a newer progress file of a running part and tells what it says. A volume that does not answer takes nothing from the poll. */
  look(deps: KeeperDeps, part: PartRecord, facts: Facts): Promise<void>;
}

/** Remembers when each part was looked at, and nothing else: a driver that writes no progress costs one small call each time. */
export function createProgressWatch(): ProgressWatch {
  const lookedAt = new Map<string, number>();
  return {
    async look(deps, part, facts) {
      const now = deps.clock.now();
      if (now - (lookedAt.get(part.id) ?? 0) < everyMs) return;
      lookedAt.delete(part.id);
      lookedAt.set(part.id, now);
      const oldest = lookedAt.size > mostRemembered ? lookedAt.keys().next().value : undefined;
      if (oldest !== undefined) lookedAt.delete(oldest);
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
