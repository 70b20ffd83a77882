import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunStore } from '../store/run-store.ts';
import type { Upstream } from './resolve-task.ts';
import { runFolders } from './run-folders.ts';
import type { RunRecord, TaskRecord } from './run-record.ts';

/** What references of a run's tasks may read: looked up only where a reference asks for it. */
export function upstreamOf(runs: RunStore, stateDir: string, run: RunRecord): Upstream {
  return { tasks: runs.tasksOf(run.runId), valuesOf: (task) => valuesOf(stateDir, task) };
}

/** The kept copy, written when the task ended: what a running program writes is not looked at. */
function valuesOf(stateDir: string, task: TaskRecord): Record<string, unknown> {
  if (task.phase !== 'ended' || task.startAttempt === 0) return {};
  try {
    const values: unknown = JSON.parse(
      readFileSync(join(runFolders(stateDir, task.runId).base, 'values.json'), 'utf8'),
    );
    return typeof values === 'object' && values !== null ? (values as Record<string, unknown>) : {};
  } catch {
    // A task that set nothing has no file.
    return {};
  }
}
