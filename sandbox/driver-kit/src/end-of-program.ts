import { constants } from 'node:os';
import { SlowLaneError } from '@slowlane/contracts';
import type { SandboxEnd, StopReason } from '@slowlane/contracts';
import type { Exit } from '@slowlane/process';

export interface EndFacts {
  /** How the process ended that stood for it. */
  exit: Exit;
  /** The program's own code; undefined when it never ran, or when its namespaces were killed. */
  exitCode: number | undefined;
  /** Why we ended it. */
  stopped: StopReason | undefined;
  /** Why it could not be set up. */
  failure: SlowLaneError | undefined;
  isDiskFull: boolean;
  saidLast: string;
  usage: SandboxEnd['usage'];
}

/**
 * Names the end of a program. The kernel's counters decide about memory and processes, and only for a program that failed: one that
 * ended well has coped. `128 + n` is read as signal n, as shells do, since no isolation reports another way.
 *
 * Throws `sandbox.failed` when the program never ran.
 */
export function endOf(facts: EndFacts): SandboxEnd {
  if (facts.failure !== undefined) throw facts.failure;
  const code = facts.exitCode ?? notExecuted(facts) ?? facts.exit.exitCode;
  const signal = facts.exit.signal ?? signalOf(code);
  const how = { code: signal === null ? code : null, signal, usage: facts.usage };
  if (facts.stopped !== undefined) return { reason: facts.stopped, ...how };
  if (facts.exitCode === undefined && notExecuted(facts) === undefined && signal === null) {
    throw new SlowLaneError('sandbox.failed', `the sandbox could not be set up: ${facts.saidLast.trim()}`);
  }
  return { reason: reasonOf(facts, code, signal), ...how };
}

function reasonOf(facts: EndFacts, code: number | null, signal: string | null): StopReason {
  if (code === 0) return 'exit';
  if (facts.usage.oomKills > 0) return 'oom';
  if (facts.usage.pidsHits > 0) return 'pids';
  // A full disk makes writes fail; only a mapped file turns that into a signal.
  if (facts.isDiskFull && (signal === null || signal === 'SIGBUS')) return 'disk';
  return signal === null ? 'exit' : 'signal';
}

/** bwrap reports no code when the program could not be executed; a shell gives 127 then, and so do we. */
function notExecuted(facts: EndFacts): number | undefined {
  return facts.exitCode === undefined && /^bwrap: execvp /m.test(facts.saidLast) ? 127 : undefined;
}

const names = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

function signalOf(code: number | null): string | null {
  return code !== null && code > 128 ? (names.get(code - 128) ?? null) : null;
}
