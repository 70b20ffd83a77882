import { type PartRecord, SlowLaneError } from '@slowlane/contracts';
import type { KeeperDeps } from './keeper-deps.ts';

const idleMs = 300;
const afterFailureMs = 1_000;
const endingSoonMs = 500;

/** Passes cancels on to the workspace until the signal ends it. The slot stays with the run until a poll shows that it has ended. */
export async function passCancels(deps: KeeperDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const parts = await deps.requests.cancelling(32);
      await Promise.all(parts.map((part) => cancelRun(deps, part, signal)));
      if (parts.length === 0) await deps.clock.sleep(idleMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      deps.logger.warn({ error: String(error) }, 'cancelling goes on after a failure');
      await deps.clock.sleep(afterFailureMs, signal).catch(() => undefined);
    }
  }
}

/** A cancel that did not arrive is passed on again when the part comes up again; a run that is gone is the watcher's matter. */
async function cancelRun(deps: KeeperDeps, part: PartRecord, signal: AbortSignal): Promise<void> {
  if (part.runId === undefined) return;
  const { pin } = await deps.facts.of(part);
  try {
    await deps.workspace(pin.workspace).runs.cancel(part.runId, { signal, timeoutMs: 10_000, retryBudgetMs: 0 });
  } catch (error) {
    if (!(error instanceof SlowLaneError)) throw error;
    deps.logger.warn({ part: part.id, runId: part.runId, failure: error.toFailure() }, 'cancel did not arrive');
  }
  await deps.requests.pollAgain(part.id, endingSoonMs);
}
