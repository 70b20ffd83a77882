/** What a run is made to do on purpose: its cancel is not obeyed for a while, or not before the fault is cleared. */
export interface RunFault {
  kind: 'stuck-terminating' | 'late-cancel';
  /** Job run; without it any. */
  runId?: number | undefined;
  /** Of a late cancel. */
  delayMs: number;
}

/** Kept in memory, like every fault: a restart has none. */
export interface RunFaults {
  add(fault: RunFault): void;
  list(): readonly RunFault[];
  clear(): void;
  /** Whether the programs of a cancelled run are to be left alone for now. */
  holds(runId: number, sinceMs: number): boolean;
}

export function createRunFaults(): RunFaults {
  let faults: RunFault[] = [];
  return {
    add: (fault) => void faults.push(fault),
    list: () => faults,
    clear: () => void (faults = []),
    holds: (runId, sinceMs) =>
      faults.some(
        (fault) =>
          (fault.runId === undefined || fault.runId === runId) &&
          (fault.kind === 'stuck-terminating' || sinceMs < fault.delayMs),
      ),
  };
}
