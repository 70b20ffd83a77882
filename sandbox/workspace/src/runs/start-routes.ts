import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { noteCall } from '../http/record-calls.ts';
import { checkSettings } from '../jobs/check-settings.ts';
import { findJob } from '../jobs/job-routes.ts';
import { RunNow, SubmitRun } from '../jobs/schema.ts';
import type { JobRecord, JobStore } from '../store/job-store.ts';
import { type AcceptContext, acceptRun } from './accept-run.ts';
import type { Engine } from './engine.ts';
import type { RunParameter, RunSettings } from './run-record.ts';

export interface StartRoutesOptions {
  accept: AcceptContext;
  jobs: JobStore;
  engine: Engine;
}

/** `run-now` and `runs/submit`: the run is on the disk before the answer, and its program is started after it. */
export function registerStarts(app: FastifyInstance, options: StartRoutesOptions): void {
  for (const version of ['2.0', '2.1', '2.2']) {
    app.post(`/api/${version}/jobs/run-now`, async (request) => runNow(options, request));
    if (version !== '2.0') app.post(`/api/${version}/jobs/runs/submit`, async (request) => submitRun(options, request));
  }
}

const foreignForms = ['sql_params', 'dbt_commands', 'pipeline_params', 'spark_submit_params', 'only'];
const ownForms = ['notebook_params', 'jar_params', 'python_params', 'python_named_params'] as const;

function runNow(options: StartRoutesOptions, request: FastifyRequest): unknown {
  const body = parseInput(RunNow, request.body);
  noteCall(request, {
    jobId: body.job_id,
    ...(body.idempotency_token === undefined ? {} : { token: body.idempotency_token }),
  });
  const foreign = foreignForms.find((form) => body[form] !== undefined);
  if (foreign !== undefined) throw invalidParameter(`${foreign} is not supported by the local workspace.`);
  const overrides = Object.fromEntries(
    ownForms.filter((form) => body[form] !== undefined).map((form) => [form, body[form]]),
  );
  const tooLong = Object.entries(overrides).find(([, value]) => Buffer.byteLength(JSON.stringify(value)) > 10_000);
  if (tooLong !== undefined) throw invalidParameter(`${tooLong[0]}: the JSON form is longer than 10000 bytes.`);
  const { runId } = acceptRun(options.accept, {
    runType: 'JOB_RUN',
    token: body.idempotency_token,
    overrides: { ...overrides, ...(body.job_parameters === undefined ? {} : { job_parameters: body.job_parameters }) },
    prepare: () => prepareRun(findJob(options.jobs, body.job_id), body),
  });
  noteCall(request, { runId });
  options.engine.pump();
  return { run_id: runId, number_in_job: runId };
}

function prepareRun(job: JobRecord, body: RunNow): ReturnType<Parameters<typeof acceptRun>[1]['prepare']> {
  const { tasks, job_clusters, timeout_seconds, max_concurrent_runs } = job.settings;
  const settings: RunSettings = {
    tasks,
    ...(job_clusters === undefined ? {} : { job_clusters }),
    ...(timeout_seconds === undefined ? {} : { timeout_seconds }),
    ...(max_concurrent_runs === undefined ? {} : { max_concurrent_runs }),
  };
  return {
    jobId: job.jobId,
    name: job.settings.name ?? 'Untitled',
    settings,
    parameters: parametersOf(job, body.job_parameters ?? {}),
    wantsQueue: (body.queue ?? job.settings.queue)?.enabled === true,
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
      },
      parameters: [],
      wantsQueue: body.queue?.enabled === true,
    }),
  });
  noteCall(request, { runId });
  options.engine.pump();
  return { run_id: runId };
}
