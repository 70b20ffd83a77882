import { inTransaction } from '../store/database.ts';
import type { AcceptContext } from './accept-run.ts';

export interface ForeignRun {
  name: string;
  /** The cluster that the run is said to use. */
  clusterId: string;
}

/** A run that nobody of ours asked for: it takes a place and is listed, has no program, and goes on until it is cancelled. */
export function insertForeignRun({ runs, database, now }: AcceptContext, { name, clusterId }: ForeignRun): number {
  return inTransaction(database, () => {
    const at = now();
    const shared = {
      phase: 'running' as const,
      acceptedAt: at,
      startedAt: at,
      endedAt: null,
      cancelCause: null,
      cancelledAt: null,
      outcome: null,
    };
    const runId = runs.newId();
    const task = {
      task_key: 'main',
      notebook_task: { notebook_path: '/Shared/foreign' },
      existing_cluster_id: clusterId,
    };
    runs.insert(
      {
        ...shared,
        runId,
        jobId: runs.newId(),
        runType: 'SUBMIT_RUN',
        name,
        settings: { tasks: [task] },
        parameters: [],
        overrides: {},
        queueCode: null,
        unqueuedAt: null,
      },
      [{ ...shared, runId: runs.newId(), jobRunId: runId, position: 0, taskKey: 'main', startAttempt: 0 }],
    );
    return runId;
  });
}
