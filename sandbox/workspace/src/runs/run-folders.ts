import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the scratch folder of a run is inside its sandbox. */
export const scratchTarget = '/run-dir';

export interface RunFolders {
  base: string;
  /** The supervisor's record of one start: ours alone. */
  record(startAttempt: number): string;
  /** Mounted at `/run-dir`: staged code, Spark's local folders. The program may write anything there. */
  scratch: string;
  /** Mounted at `/run-dir/events`: Spark's event log, kept with the record. */
  events: string;
}

export function runFolders(stateDir: string, taskRunId: number): RunFolders {
  const base = join(stateDir, 'runs', String(taskRunId));
  return {
    base,
    record: (startAttempt) => join(base, `record-${startAttempt}`),
    scratch: join(base, 'scratch'),
    events: join(base, 'events'),
  };
}

/** A folder that runs may write to: they have their own uid and our group. `mkdir` alone would obey the umask. */
export async function makeShared(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o775);
}

/** A folder through which the sandbox's launcher must pass to a mount source, and that shows nobody its names. */
export async function makePassable(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o711);
}
