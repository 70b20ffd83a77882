/** How the keeper watches runs. All times in milliseconds. */
export interface PollSettings {
  /** First interval of a fresh run; it grows with the run's age. */
  minMs: number;
  /** Longest interval of one run. */
  maxMs: number;
  /** Other bounds for single workspaces (a local one answers quickly and costs nothing). */
  byWorkspace: Record<string, { minMs: number; maxMs: number }>;
  /** Pause of the watcher when nothing is due. */
  idleMs: number;
  /** From so many watched runs on a workspace, their ends are read from `runs/list` instead of asking for each run. */
  sweepAbove: number;
  /** Time between two such sweeps. */
  sweepMs: number;
}

export const defaultPoll: PollSettings = {
  minMs: 250,
  maxMs: 30_000,
  byWorkspace: {},
  idleMs: 200,
  sweepAbove: 50,
  sweepMs: 5_000,
};
