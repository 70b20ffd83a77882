import type { FastifyInstance } from 'fastify';
import { formatDuration } from '@slowlane/kit';
import { ApiError } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { GetRun } from '../jobs/schema.ts';
import { escapeHtml } from '../runs/escape-html.ts';
import { runFolders } from '../runs/run-folders.ts';
import { findRun } from '../runs/run-routes.ts';
import type { RunStore } from '../store/run-store.ts';
import { openEventLog, readHistory, type SparkHistory } from './spark-history.ts';

/**
 * What Spark did in a run: a page made from its event log, which is there while the run goes on and after it; and the log itself, which
 * any Spark History Server shows.
 */
export function registerSparkHistory(app: FastifyInstance, options: { runs: RunStore; stateDir: string }): void {
  const { runs, stateDir } = options;
  const eventsOf = (params: unknown): { runId: number; events: string } => {
    const runId = taskRunOf(runs, parseInput(GetRun, params).run_id);
    return { runId, events: runFolders(stateDir, runId).events };
  };
  app.get('/slowlane/spark-ui/:run_id', async (request, reply) => {
    const { runId, events } = eventsOf(request.params);
    const history = await readHistory(events);
    if (history === undefined) throw noLog(runId);
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .header('x-content-type-options', 'nosniff')
      .send(page(runId, history));
  });
  app.get('/slowlane/spark-ui/:run_id/event-log', async (request, reply) => {
    const { runId, events } = eventsOf(request.params);
    const opened = await openEventLog(events);
    if (opened === undefined) throw noLog(runId);
    return reply
      .type('application/x-ndjson')
      .header('content-disposition', `attachment; filename="event-log-${runId}"`)
      .send(opened.handle.createReadStream());
  });
}

/** The task run that an address means: itself, or the first of a job run. */
export function taskRunOf(runs: RunStore, runId: number): number {
  const { run, task } = findRun(runs, runId);
  return (task ?? runs.tasksOf(run.runId)[0])?.runId ?? run.runId;
}

export function noLog(runId: number): ApiError {
  return new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Run ${runId} has no event log: Spark was not started in it.`);
}

function page(runId: number, history: SparkHistory): string {
  const jobs = history.jobs.map((job) => [
    ...[job.id, job.name, took(job.submittedAt, job.completedAt), job.result ?? 'running'],
    job.stages.length,
  ]);
  const stages = history.stages.map((stage) => [
    ...[stage.id, stage.name, took(stage.submittedAt, stage.completedAt), stage.tasks, stage.failedTasks],
    stage.failure?.slice(0, 500) ?? '',
  ]);
  const queries = history.queries.map((query) => [
    ...[query.id, query.description, took(query.startedAt, query.completedAt)],
  ]);
  const executors = history.executors.map(({ id, host, cores, removed }) => [id, host, cores, removed ?? '']);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Spark history of run ${runId}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #ddd}</style></head>
<body>
<h1>${escapeHtml(history.application)}: run ${runId}</h1>
<p><a href="/slowlane/spark-ui/${runId}/live">Spark UI</a>. <a href="/slowlane/spark-ui/${runId}/event-log">Event log</a>${history.isCut ? ' (longer than what this page shows)' : ''}</p>
${table('Jobs', ['job', 'name', 'took', 'result', 'stages'], jobs)}
${table('Stages', ['stage', 'name', 'took', 'tasks', 'failed', 'failure'], stages)}
${table('Queries', ['query', 'description', 'took'], queries)}
${table('Executors', ['executor', 'host', 'cores', 'removed'], executors)}
</body>
</html>
`;
}

function table(title: string, heads: string[], rows: (string | number)[][]): string {
  const line = (cells: (string | number)[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(String(cell))}</${tag}>`).join('')}</tr>`;
  return `<h2>${title}</h2>\n<table>${line(heads, 'th')}${rows.map((row) => line(row, 'td')).join('\n')}</table>`;
}

function took(from: number | null, to: number | null): string {
  return from === null || to === null ? 'running' : formatDuration(Math.max(0, to - from));
}
