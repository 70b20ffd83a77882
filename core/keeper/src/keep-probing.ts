import type { KeeperDeps } from './keeper-deps.ts';

const idleMs = 500;
/** Between two looks at the gate for the workspaces that something waits for. */
const neededMs = 5_000;

/** Tries workspaces behind an open circuit breaker again, and those that are needed and silent, until the signal ends it. */
export async function keepProbing(deps: KeeperDeps, signal: AbortSignal): Promise<void> {
  let lookedAt = deps.clock.now();
  while (!signal.aborted) {
    await deps.breakers.probe(signal);
    if (deps.clock.now() - lookedAt >= neededMs) {
      lookedAt = deps.clock.now();
      await deps.breakers.probeSilent(await neededWorkspaces(deps), signal);
    }
    await deps.clock.sleep(idleMs, signal).catch(() => undefined);
  }
}

/** Those that something waits for or runs on. A frozen one would else be noticed by the next call only, however long nobody makes one. */
async function neededWorkspaces({ gate, workspaces, logger }: KeeperDeps): Promise<string[]> {
  try {
    const used = (await gate?.list())?.filter(({ inUse, waiting }) => inUse + waiting > 0) ?? [];
    const dimensions = new Set(used.map(({ dimension }) => dimension));
    return workspaces.filter((name) => dimensions.has(`ws:${name}`));
  } catch (error) {
    logger.debug({ error: String(error) }, 'the gate did not say which workspaces are needed');
    return [];
  }
}
