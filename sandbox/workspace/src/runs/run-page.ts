import type { FastifyInstance } from 'fastify';
import { parseInput } from '../http/parse-input.ts';
import { GetRun } from '../jobs/schema.ts';
import type { RunStore } from '../store/run-store.ts';
import { runOutput } from './run-output.ts';
import { cellsHtml } from '../programs/notebook-html.ts';
import { readNotebookRecord } from '../programs/program-results.ts';
import { escapeHtml } from './escape-html.ts';
import { runFolders } from './run-folders.ts';
import type { RunRecord, TaskRecord } from './run-record.ts';
import { findRun } from './run-routes.ts';
import { stateNames } from './states.ts';

/** The page behind `run_page_url`: what a run is and what it printed. Plain HTML without scripts; all text in it is escaped. */
export function registerRunPage(app: FastifyInstance, options: { runs: RunStore; stateDir: string }): void {
  app.get('/jobs/:job_id/runs/:run_id', async (request, reply) => {
    const { run_id: runId } = parseInput(GetRun, request.params);
    const { run, task } = findRun(options.runs, runId);
    const tasks = task === undefined ? options.runs.tasksOf(run.runId) : [task];
    const sections = await Promise.all(tasks.map((one) => taskSection(one, options.stateDir)));
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .header('x-content-type-options', 'nosniff')
      .send(page(run, sections));
  });
}

async function taskSection(task: TaskRecord, stateDir: string): Promise<string> {
  const output = await runOutput(stateDir, task);
  const texts = [output.error, output.error_trace, output.logs].map((text) =>
    typeof text === 'string' ? text.slice(-200_000) : '',
  );
  const [error, trace, logs] = texts as [string, string, string];
  const cells = await readNotebookRecord(runFolders(stateDir, task.runId));
  return `<h2>${escapeHtml(task.taskKey)}: ${escapeHtml(stateText(task, false))}</h2>
${error === '' ? '' : `<p class="error">${escapeHtml(error)}</p>`}
${trace === '' ? '' : `<pre>${escapeHtml(trace)}</pre>`}
${cells === undefined ? '' : cellsHtml(cells)}
<pre>${escapeHtml(logs)}</pre>
<p><a href="/slowlane/spark-ui/${task.runId}">What Spark did</a> (jobs, stages, queries, executors),
<a href="/slowlane/spark-ui/${task.runId}/live">Spark UI</a></p>`;
}

function page(run: RunRecord, sections: string[]): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escapeHtml(run.name)} ${run.runId}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}pre{background:#f4f4f4;padding:1rem;overflow:auto}.error{color:#b00020}</style></head>
<body>
<h1>${escapeHtml(run.name)}</h1>
<p>Run ${run.runId} of job ${run.jobId}: ${escapeHtml(stateText(run, true))}. Started ${new Date(run.acceptedAt).toISOString()}${
    run.endedAt === null ? '' : `, ended ${new Date(run.endedAt).toISOString()}`
  }.</p>
${sections.join('\n')}
</body>
</html>
`;
}

function stateText(run: Pick<RunRecord, 'phase' | 'outcome'>, isJobRun: boolean): string {
  return run.outcome === null
    ? stateNames(run.phase, null, isJobRun).current
    : `${run.outcome.result} ${run.outcome.message}`.trim();
}
