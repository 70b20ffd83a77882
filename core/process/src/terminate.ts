import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from './identity.ts';
import type { ProcessIdentity } from './identity.ts';

export interface TerminateOptions {
  /** How long it may take to end by itself after TERM, before KILL; default 5,000 ms. 0 = KILL at once. */
  graceMs?: number;
  /** Signals the whole process group that it leads. */
  group?: boolean;
}

/** Ends a process that need not be our child: TERM, then KILL after the grace. Returns when it is gone; harmless when it is already. */
export async function terminate(identity: ProcessIdentity, options: TerminateOptions = {}): Promise<void> {
  const graceMs = options.graceMs ?? 5_000;
  if (graceMs > 0) {
    signalIf(identity, { signal: 'SIGTERM', group: options.group === true });
    if (await isGoneWithin(identity, graceMs)) return;
  }
  signalIf(identity, { signal: 'SIGKILL', group: options.group === true });
  await isGoneWithin(identity, 30_000);
}

function signalIf(identity: ProcessIdentity, how: { signal: NodeJS.Signals; group: boolean }): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(how.group ? -identity.pid : identity.pid, how.signal);
  } catch {
    // ended in between
  }
}

async function isGoneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  for (let step = 2; isAlive(identity); step = Math.min(step * 2, 50)) {
    if (performance.now() >= until) return false;
    await pause(step);
  }
  return true;
}
