import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { GetRun } from '../jobs/schema.ts';
import { runFolders } from '../runs/run-folders.ts';
import { type RunRecord, settingsOf, type TaskRecord } from '../runs/run-record.ts';
import { findRun } from '../runs/run-routes.ts';
import type { RunStore } from '../store/run-store.ts';
import { notebookHtml } from './notebook-html.ts';
import { readNotebookRecord } from './program-results.ts';

export interface ExportRoutesOptions {
  runs: RunStore;
  stateDir: string;
}

/** `runs/export`: the notebook of a task run with what its cells gave. @see https://docs.databricks.com/api/workspace/jobs/exportrun */
export function registerExport(app: FastifyInstance, options: ExportRoutesOptions): void {
  for (const version of ['2.0', '2.1', '2.2']) {
    app.get(`/api/${version}/jobs/runs/export`, (request) => exportRun(options, request));
  }
}

async function exportRun(options: ExportRoutesOptions, request: FastifyRequest): Promise<unknown> {
  const { run_id: runId } = parseInput(GetRun, request.query);
  const { run, task } = findRun(options.runs, runId);
  const tasks = options.runs.tasksOf(run.runId);
  const chosen = task ?? (tasks.length === 1 ? tasks[0] : undefined);
  if (chosen === undefined) throw invalidParameter(`Run ${runId} has several tasks. Please export each task run.`);
  const record = await readNotebookRecord(runFolders(options.stateDir, chosen.runId));
  const path = notebookPath(run, chosen);
  if (path === undefined || record === undefined) throw invalidParameter(`Run ${runId} has no notebook to export.`);
  const name = path.split('/').at(-1) as string;
  return { views: [{ name, type: 'NOTEBOOK', content: notebookHtml(name, record) }] };
}

function notebookPath(run: RunRecord, task: TaskRecord): string | undefined {
  return (settingsOf(run, task) as { notebook_task?: { notebook_path: string } }).notebook_task?.notebook_path;
}
