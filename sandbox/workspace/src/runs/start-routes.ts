import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { noteCall } from '../http/record-calls.ts';
import { checkSettings } from '../jobs/check-settings.ts';
import { findJob } from '../jobs/job-routes.ts';
import { type JobSettings, RunNow, SubmitRun, type Task } from '../jobs/schema.ts';
import { checkDestinations } from '../notifications/check-destinations.ts';
import type { JobRecord, JobStore } from '../store/job-store.ts';
import { type AcceptContext, acceptRun } from './accept-run.ts';
import type { Engine } from './engine.ts';
import type { RunStore } from '../store/run-store.ts';
import { onlyTasks } from './only-tasks.ts';
import type { RunParameter, RunRecord, RunSettings, RunTrigger, TaskRecord } from './run-record.ts';

export interface StartRoutesOptions {
  accept: AcceptContext;
  jobs: JobStore;
  engine: Engine;
  /** Whether a notification destination of this id is there. */
  hasDestination: (id: string) => boolean;
}

/** `run-now` and `runs/submit`: the run is on the disk before the answer, and its program is started after it. */
export function registerStarts(app: FastifyInstance, options: StartRoutesOptions): void {
  for (const version of ['2.0', '2.1', '2.2']) {
    app.post(`/api/${version}/jobs/run-now`, async (request) => runNow(options, request));
    if (version !== '2.0') app.post(`/api/${version}/jobs/runs/submit`, async (request) => submitRun(options, request));
  }
}

const foreignForms = ['sql_params', 'dbt_commands', 'pipeline_params', 'spark_submit_params'];
const ownForms = ['notebook_params', 'jar_params', 'python_params', 'python_named_params'] as const;

function runNow(options: StartRoutesOptions, request: FastifyRequest): unknown {
  const body = parseInput(RunNow, request.body);
  noteCall(request, {
    jobId: body.job_id,
    ...(body.idempotency_token === undefined ? {} : { token: body.idempotency_token }),
  });
  const foreign = foreignForms.find((form) => body[form] !== undefined);
  if (foreign !== undefined) throw invalidParameter(`${foreign} is not supported by the local workspace.`);
  const overrides = overridesOf(body);
  checkForms(body);
  const tooLong = Object.entries(overrides).find(([, value]) => Buffer.byteLength(JSON.stringify(value)) > 10_000);
  if (tooLong !== undefined) throw invalidParameter(`${tooLong[0]}: the JSON form is longer than 10000 bytes.`);
  const { runId } = acceptRun(options.accept, {
    runType: 'JOB_RUN',
    token: body.idempotency_token,
    overrides,
    prepare: () => prepareRun(findJob(options.jobs, body.job_id), body),
  });
  noteCall(request, { runId });
  options.engine.pump();
  return { run_id: runId, number_in_job: runId };
}

/** @see https://docs.databricks.com/api/workspace/jobs/runnow (the older forms of parameters) */
function checkForms(body: RunNow): void {
  if (body.jar_params !== undefined && body.notebook_params !== undefined)
    throw invalidParameter('jar_params and notebook_params exclude each other.');
  for (const form of ['python_params', 'python_named_params'] as const) {
    if (/[^\x00-\x7f]/.test(JSON.stringify(body[form] ?? null)))
      throw invalidParameter(`${form}: only ASCII characters are allowed.`);
  }
}

/** Starts the run of a run_job task, once: it is written down as the task's child. Throws for a job that is gone or would run itself. */
export function startChildRun(
  options: Pick<StartRoutesOptions, 'accept' | 'jobs'>,
  parent: RunRecord,
  { task, settings }: { task: TaskRecord; settings: NonNullable<Task['run_job_task']> },
): void {
  const { runs } = options.accept;
  for (let above: RunRecord | undefined = parent; above !== undefined; above = parentOf(runs, above)) {
    if (above.jobId === settings.job_id)
      throw new Error(`Job ${settings.job_id} would run itself: run ${above.runId} of it is above this task.`);
  }
  const body = { ...settings } as RunNow;
  acceptRun(
    // Its parent holds a place already: waiting for another one could last for ever.
    { ...options.accept, maxActiveRuns: Number.POSITIVE_INFINITY },
    {
      runType: 'JOB_RUN',
      trigger: 'RUN_JOB_TASK',
      parentTaskRunId: task.runId,
      overrides: overridesOf(body),
      prepare: () => prepareRun(findJob(options.jobs, settings.job_id), body),
    },
  );
}

/** Starts a run that no call asked for. It never waits for a caller to try again: where the workspace is full it queues or is SKIPPED. */
export function startOwnRun(
  options: Pick<StartRoutesOptions, 'accept' | 'jobs'>,
  job: JobRecord,
  { trigger, token }: { trigger: RunTrigger; token: string },
): number {
  const prepare = (): ReturnType<typeof prepareRun> => prepareRun(job, { job_id: job.jobId });
  return acceptRun(options.accept, { runType: 'JOB_RUN', trigger, token, overrides: {}, prepare, skipsWhenFull: true })
    .runId;
}

function parentOf(runs: RunStore, run: RunRecord): RunRecord | undefined {
  const task = run.parentTaskRunId == null ? undefined : runs.getTask(run.parentTaskRunId);
  return task === undefined ? undefined : runs.get(task.jobRunId);
}

function overridesOf(body: RunNow): Record<string, unknown> {
  const forms = ownForms.filter((form) => body[form] !== undefined).map((form) => [form, body[form]] as const);
  return {
    ...Object.fromEntries(forms),
    ...(body.job_parameters === undefined ? {} : { job_parameters: body.job_parameters }),
  };
}

function prepareRun(job: JobRecord, body: RunNow): ReturnType<Parameters<typeof acceptRun>[1]['prepare']> {
  const { tasks, job_clusters, timeout_seconds, max_concurrent_runs } = job.settings;
  const settings: RunSettings = {
    tasks: body.only === undefined ? tasks : onlyTasks(tasks, body.only),
    ...(job_clusters === undefined ? {} : { job_clusters }),
    ...(timeout_seconds === undefined ? {} : { timeout_seconds }),
    ...(max_concurrent_runs === undefined ? {} : { max_concurrent_runs }),
    ...toldOf(job.settings),
  };
  return {
    jobId: job.jobId,
    name: job.settings.name ?? 'Untitled',
    settings,
    parameters: parametersOf(job, body.job_parameters ?? {}),
    wantsQueue: (body.queue ?? job.settings.queue)?.enabled === true,
  };
}

/** Who is told of the run is fixed when it is accepted, like everything else about it. */
function toldOf(
  settings: Pick<JobSettings, 'webhook_notifications' | 'notification_settings' | 'health'>,
): Partial<RunSettings> {
  const { webhook_notifications, notification_settings, health } = settings;
  return {
    ...(webhook_notifications === undefined ? {} : { webhook_notifications }),
    ...(notification_settings === undefined ? {} : { notification_settings }),
    ...(health === undefined ? {} : { health }),
  };
}

/** Every parameter of the job with the call's value or its default, then those that the call alone names. */
function parametersOf(job: JobRecord, given: Record<string, string>): RunParameter[] {
  const declared = job.settings.parameters ?? [];
  const names = new Set(declared.map((parameter) => parameter.name));
  const extra = Object.entries(given).filter(([name]) => !names.has(name));
  return [
    ...declared.map((parameter) => ({ ...parameter, value: given[parameter.name] ?? parameter.default })),
    ...extra.map(([name, value]) => ({ name, value })),
  ];
}

function submitRun(options: StartRoutesOptions, request: FastifyRequest): unknown {
  const body = parseInput(SubmitRun, request.body);
  if (body.idempotency_token !== undefined) noteCall(request, { token: body.idempotency_token });
  checkSettings(body);
  checkDestinations(body, options.hasDestination);
  const { runId } = acceptRun(options.accept, {
    runType: 'SUBMIT_RUN',
    token: body.idempotency_token,
    overrides: {},
    prepare: () => ({
      jobId: options.accept.runs.newId(),
      name: body.run_name ?? 'Untitled',
      settings: {
        tasks: body.tasks,
        ...(body.timeout_seconds === undefined ? {} : { timeout_seconds: body.timeout_seconds }),
        ...toldOf(body),
      },
      parameters: [],
      wantsQueue: body.queue?.enabled === true,
    }),
  });
  noteCall(request, { runId });
  options.engine.pump();
  return { run_id: runId };
}
