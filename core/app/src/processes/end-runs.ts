import { setTimeout as pause } from 'node:timers/promises';
import { createDatabricksClient } from '@slowlane/databricks';
import { createLogger } from './logger.ts';

/** Cancels what runs on the local workspace and returns when nothing does, or after 60 s. A workspace that does not answer has nobody to ask. */
export async function endRuns(workspace: { host: string; token: string }): Promise<number> {
  const client = createDatabricksClient({
    host: workspace.host,
    auth: { token: workspace.token },
    userAgent: 'slowlane-down',
    logger: createLogger('down', 'silent'),
  });
  const asked = new Set<string>();
  try {
    for (const until = performance.now() + 60_000; performance.now() < until; await pause(200)) {
      const active: string[] = [];
      for await (const run of client.runs.list({ activeOnly: true }, { retryBudgetMs: 0 })) active.push(run.runId);
      if (active.length === 0) break;
      for (const runId of active) {
        if (!asked.has(runId)) await client.runs.cancel(runId);
        asked.add(runId);
      }
    }
  } catch {
    return asked.size;
  } finally {
    await client.close();
  }
  return asked.size;
}
