import { rm } from 'node:fs/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError, invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { noteCall } from '../http/record-calls.ts';
import { CancelAll, GetRun, ListRuns, RepairRun, RunIdBody } from '../jobs/schema.ts';
import { readPageToken } from '../store/page.ts';
import type { RunStore } from '../store/run-store.ts';
import type { JobStore } from '../store/job-store.ts';
import type { AcceptContext } from './accept-run.ts';
import { repairRun } from './repair.ts';
import { pageArrays } from '../store/page-arrays.ts';
import { upstreamOf } from './upstream-of.ts';
import type { Engine } from './engine.ts';
import { runOutput } from './run-output.ts';
import { runFolders } from './run-folders.ts';
import { type RunRecord, settingsOf, type TaskRecord } from './run-record.ts';
import { historyView, resolvedValues, runView, taskRunView, taskView, type ViewContext } from './run-view.ts';

export interface RunRoutesOptions {
  runs: RunStore;
  jobs: JobStore;
  accept: AcceptContext;
  engine: Engine;
  stateDir: string;
  now: () => number;
  /** Known once the server listens. */
  view: () => ViewContext;
}

/** `runs/*` of Jobs 2.2 and 2.1; those that are the same in 2.0 there too. */
export function registerRuns(app: FastifyInstance, options: RunRoutesOptions): void {
  for (const version of ['2.0', '2.1', '2.2']) {
    const prefix = `/api/${version}/jobs/runs`;
    app.post(`${prefix}/cancel`, async (request) => cancelRun(options, request));
    app.post(`${prefix}/delete`, async (request) => deleteRun(options, request));
    if (version === '2.0') continue;
    app.post(`${prefix}/repair`, async (request) => repair(options, request));
    app.post(`${prefix}/cancel-all`, async (request) => cancelAll(options, request));
    app.get(`${prefix}/get`, async (request) => getRun(options, request));
    app.get(`${prefix}/list`, async (request) => listRuns(options, request));
    app.get(`${prefix}/get-output`, async (request) => getOutput(options, request));
  }
}

/** A run id names a job run or one of its task runs; 400 with the service's own words when it names neither. */
export function findRun(runs: RunStore, runId: number): { run: RunRecord; task?: TaskRecord } {
  const run = runs.get(runId);
  if (run !== undefined) return { run };
  const task = runs.getTask(runId);
  const parent = task === undefined ? undefined : runs.get(task.jobRunId);
  if (task === undefined || parent === undefined) throw invalidParameter(`Run ${runId} does not exist.`);
  return { run: parent, task };
}

function getRun(options: RunRoutesOptions, request: FastifyRequest): unknown {
  const query = parseInput(GetRun, request.query);
  noteCall(request, { runId: query.run_id });
  const { run, task } = findRun(options.runs, query.run_id);
  if (task !== undefined) return { ...taskRunView(run, task, options.view()), ...iterationsView(options, run, task) };
  const tasks = options.runs.tasksOf(run.runId);
  let view: Record<string, unknown> = runView(run, tasks, options.view());
  const shownTasks = view['tasks'] as Record<string, unknown>[];
  view = { ...view, tasks: shownTasks.map((shown, index) => ({ ...shown, ...statsView(options, run, tasks[index]) })) };
  if (query.include_history === true) {
    const history = historyView(run, options.runs.historyOf(run.runId), options.runs.allTasksOf(run.runId));
    view = { ...view, repair_history: history };
  }
  if (query.include_resolved_values === true) {
    const upstream = upstreamOf(options.runs, options.stateDir, run);
    const withValues = (view.tasks as Record<string, unknown>[]).map((shown, index) => ({
      ...shown,
      resolved_values: resolvedValues(run, tasks[index] as TaskRecord, upstream),
    }));
    view = { ...view, tasks: withValues };
  }
  // 2.1 gives long arrays whole.
  return request.url.startsWith('/api/2.1/') ? view : pageArrays(view, pagedFields, query.page_token);
}

const pagedFields = ['tasks', 'job_clusters', 'job_parameters', 'repair_history'];

/** What a for-each task run has below it. */
function iterationsView(options: RunRoutesOptions, run: RunRecord, task: TaskRecord): Record<string, unknown> {
  const iterations = options.runs.iterationsOf(task.runId);
  if (iterations.length === 0) return statsView(options, run, task);
  return {
    ...statsView(options, run, task),
    iterations: iterations.map((one) => taskView(run, one, options.view())),
  };
}

/** How far a for-each task is; nothing for another one. */
function statsView(options: RunRoutesOptions, run: RunRecord, task: TaskRecord | undefined): Record<string, unknown> {
  const forEach = task === undefined ? undefined : settingsOf(run, task).for_each_task;
  if (task === undefined || forEach === undefined) return {};
  const iterations = options.runs.iterationsOf(task.runId);
  const count = (test: (one: TaskRecord) => boolean): number => iterations.filter(test).length;
  const total = task.input == null ? 0 : (JSON.parse(task.input) as unknown[]).length;
  const completed = count((one) => one.phase === 'ended');
  const succeeded = count((one) => one.outcome?.result === 'SUCCESS');
  const stats = {
    total_iterations: total,
    scheduled_iterations: iterations.length,
    active_iterations: iterations.length - completed,
    completed_iterations: completed,
    succeeded_iterations: succeeded,
    failed_iterations: completed - succeeded,
  };
  return { for_each_task: { ...forEach, stats: { task_run_stats: stats } } };
}

function repair(options: RunRoutesOptions, request: FastifyRequest): unknown {
  const body = parseInput(RepairRun, request.body);
  noteCall(request, { runId: body.run_id });
  const { run } = findRun(options.runs, body.run_id);
  const repairId = repairRun(options.accept, body, options.jobs.get(run.jobId)?.settings);
  options.engine.pump();
  return { repair_id: repairId };
}

function listRuns(options: RunRoutesOptions, request: FastifyRequest): unknown {
  const query = parseInput(ListRuns, request.query);
  if (query.active_only && query.completed_only)
    throw invalidParameter('active_only and completed_only exclude each other.');
  if (query.run_type === 'WORKFLOW_RUN') return { has_more: false };
  const from = readPageToken(query.page_token);
  const page = options.runs.list({
    limit: query.limit === 0 ? 26 : query.limit,
    ...(from === undefined ? {} : { from }),
    jobId: query.job_id,
    activeOnly: query.active_only,
    completedOnly: query.completed_only,
    runType: query.run_type,
    startTimeFrom: query.start_time_from,
    startTimeTo: query.start_time_to,
  });
  const runs = page.items.map((run) => {
    const { tasks, job_clusters, ...view } = runView(run, options.runs.tasksOf(run.runId), options.view());
    return query.expand_tasks === true
      ? { ...view, tasks, ...(job_clusters === undefined ? {} : { job_clusters }) }
      : view;
  });
  return {
    ...(runs.length === 0 ? {} : { runs }),
    has_more: page.next !== undefined,
    ...(page.next === undefined ? {} : { next_page_token: page.next }),
    ...(page.previous === undefined ? {} : { prev_page_token: page.previous }),
  };
}

function cancelRun(options: RunRoutesOptions, request: FastifyRequest): unknown {
  const { run_id: runId } = parseInput(RunIdBody, request.body);
  noteCall(request, { runId });
  findRun(options.runs, runId);
  options.engine.cancel(runId, 'user');
  return {};
}

function cancelAll(options: RunRoutesOptions, request: FastifyRequest): unknown {
  const body = parseInput(CancelAll, request.body);
  if (body.job_id === undefined && body.all_queued_runs !== true)
    throw invalidParameter('job_id or all_queued_runs is required.');
  const chosen = options.runs.listActive().filter((run) => {
    if (body.job_id !== undefined && run.jobId !== body.job_id) return false;
    return body.all_queued_runs !== true || run.phase === 'queued';
  });
  for (const run of chosen) options.engine.cancel(run.runId, 'user');
  return {};
}

async function deleteRun(options: RunRoutesOptions, request: FastifyRequest): Promise<unknown> {
  const { run_id: runId } = parseInput(RunIdBody, request.body);
  noteCall(request, { runId });
  const run = options.runs.get(runId);
  if (run === undefined) throw invalidParameter(`Run ${runId} does not exist.`);
  if (run.phase !== 'ended')
    throw new ApiError(400, 'INVALID_STATE', `Run ${runId} is still active and cannot be deleted.`);
  options.runs.delete(runId, options.now());
  for (const task of options.runs.allTasksOf(runId)) {
    await rm(runFolders(options.stateDir, task.runId).base, { recursive: true, force: true });
  }
  return {};
}

async function getOutput(options: RunRoutesOptions, request: FastifyRequest): Promise<unknown> {
  const query = parseInput(GetRun, request.query);
  noteCall(request, { runId: query.run_id });
  const { run, task } = findRun(options.runs, query.run_id);
  const tasks = options.runs.tasksOf(run.runId);
  const chosen = task ?? (tasks.length === 1 ? tasks[0] : undefined);
  if (chosen === undefined) {
    throw invalidParameter(
      'Retrieving the output of runs with multiple tasks is not supported. Please retrieve the output of each task.',
    );
  }
  const metadata = task === undefined ? runView(run, tasks, options.view()) : taskRunView(run, task, options.view());
  const child = options.runs.childOf(chosen.runId);
  return {
    metadata,
    ...(await runOutput(options.stateDir, chosen)),
    ...(child === undefined ? {} : { run_job_output: { run_id: child.runId } }),
  };
}
