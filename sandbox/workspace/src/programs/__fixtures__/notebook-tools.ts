import type { SparkWorkspace } from '../../__fixtures__/spark-workspace.ts';

export interface EndedRun {
  runId: number;
  state: Record<string, unknown>;
  output: Record<string, unknown> & { logs?: string };
}

export interface NotebookTools {
  /** Imports a notebook of these cells in source format; its path. */
  put(path: string, language: 'PYTHON' | 'SQL' | 'SCALA' | 'R', cells: string[]): Promise<string>;
  run(notebook: Record<string, unknown>): Promise<EndedRun>;
  submit(task: Record<string, unknown>): Promise<EndedRun>;
  /** HTML of `runs/export`. */
  exported(runId: number): Promise<string>;
  /** HTML of the run's page. */
  page(runId: number): Promise<string>;
}

const signs = { PYTHON: '#', R: '#', SCALA: '//', SQL: '--' };
const cluster = { spark_version: '17.3.x-scala2.13', node_type_id: 'local', num_workers: 0 };

export function notebookTools(test: SparkWorkspace): NotebookTools {
  const tools: NotebookTools = {
    async put(path, language, cells) {
      const sign = signs[language];
      const text = [`${sign} Databricks notebook source`, cells.join(`\n\n${sign} COMMAND ----------\n\n`)].join('\n');
      const content = Buffer.from(text).toString('base64');
      await test.call('POST', '/api/2.0/workspace/import', {
        path,
        format: 'SOURCE',
        language,
        content,
        overwrite: true,
      });
      return path;
    },
    run: (notebook) => tools.submit({ notebook_task: notebook }),
    async submit(task) {
      const settings = { tasks: [{ task_key: 'main', new_cluster: cluster, ...task }] };
      const { run_id: runId } = await test.call('POST', '/api/2.2/jobs/runs/submit', settings);
      const view = await test.ended(runId);
      const shown = (view.tasks as { run_id: number; state: Record<string, unknown> }[])[0] as {
        run_id: number;
        state: Record<string, unknown>;
      };
      const output = await test.call('GET', `/api/2.2/jobs/runs/get-output?run_id=${shown.run_id}`);
      return { runId: runId as number, state: shown.state, output };
    },
    async exported(runId) {
      const { views } = await test.call('GET', `/api/2.2/jobs/runs/export?run_id=${runId}`);
      return (views as { content: string }[])[0]?.content ?? '';
    },
    async page(runId) {
      const headers = { authorization: `Bearer ${test.token}` };
      return (await fetch(`${test.url}/jobs/0/runs/${runId}`, { headers })).text();
    },
  };
  return tools;
}
