import { runFolders } from '../runs/run-folders.ts';
import type { RunRecord, TaskRecord } from '../runs/run-record.ts';
import { readTaskValues } from './program-results.ts';

/** What the ended tasks of a run have set by `dbutils.jobs.taskValues`, by task key. */
export async function upstreamValues(input: {
  stateDir: string;
  run: RunRecord;
  tasks: readonly TaskRecord[];
}): Promise<Record<string, Record<string, unknown>>> {
  const ended = input.tasks.filter((task) => task.phase === 'ended' && task.startAttempt > 0);
  const values = await Promise.all(
    ended.map(async (task) => [task.taskKey, await readTaskValues(runFolders(input.stateDir, task.runId))] as const),
  );
  return Object.fromEntries(values);
}
