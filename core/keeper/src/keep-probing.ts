import type { KeeperDeps } from './keeper-deps.ts';

const idleMs = 500;

/** Tries workspaces behind an open circuit breaker again, until the signal ends it. */
export async function keepProbing(deps: KeeperDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await deps.breakers.probe(signal);
    await deps.clock.sleep(idleMs, signal).catch(() => undefined);
  }
}
