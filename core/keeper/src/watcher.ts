import type { PartRecord } from '@slowlane/contracts';
import type { KeeperDeps } from './keeper-deps.ts';
import { pollIntervalMs } from './poll-interval.ts';
import { pollPart } from './poll-part.ts';
import { type Sweeps, createSweeps } from './sweeps.ts';

/** At once; more would only queue up behind the client's own rate. */
const mostInFlight = 32;
/** Longer than one poll with its conclusion takes; should it be shorter once, two nodes end the same part, and one of them does nothing. */
const visibilityMs = 30_000;
const afterFailureMs = 1_000;

/** Watches bound parts until the signal ends it. Holds nothing that must survive: what this node took and did not finish becomes due again. */
export async function watch(deps: KeeperDeps, signal: AbortSignal): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  const sweeps = createSweeps(deps);
  while (!signal.aborted) {
    try {
      const taken = await deps.requests.due(mostInFlight - inFlight.size, visibilityMs);
      for (const part of taken) track(inFlight, look(deps, sweeps, part, signal));
      sweeps.start(signal);
      if (inFlight.size >= mostInFlight) await Promise.race(inFlight);
      else if (taken.length === 0) await deps.clock.sleep(deps.poll.idleMs, signal);
    } catch (error) {
      if (signal.aborted) break;
      deps.logger.warn({ error: String(error) }, 'watching goes on after a failure');
      await deps.clock.sleep(afterFailureMs, signal).catch(() => undefined);
    }
  }
  await Promise.allSettled([...inFlight, sweeps.settled()]);
}

function track(inFlight: Set<Promise<void>>, work: Promise<void>): void {
  const tracked = work.finally(() => inFlight.delete(tracked));
  inFlight.add(tracked);
}

async function look(deps: KeeperDeps, sweeps: Sweeps, part: PartRecord, signal: AbortSignal): Promise<void> {
  try {
    const facts = await deps.facts.of(part);
    const { pin } = facts;
    if (sweeps.canSkip(pin.workspace, part)) {
      const ageMs = deps.clock.now() - (part.submittedAt ?? deps.clock.now());
      await deps.requests.pollAgain(part.id, pollIntervalMs(deps.poll, pin.workspace, ageMs));
      return await deps.progress.lookInTurn(deps, part, { facts, watched: sweeps.watched(pin.workspace) });
    }
    const goesOn = await pollPart(deps, part, signal);
    if (goesOn) sweeps.polled(pin.workspace, part);
    else sweeps.forget(pin.workspace, part);
  } catch (error) {
    if (!signal.aborted)
      deps.logger.error({ part: part.id, error: String(error) }, 'a part could not be watched this time');
  }
}
