import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { noteCall } from '../http/record-calls.ts';
import { type ApiLimits, checkJobQuota } from '../limits/api-limits.ts';
import type { JobRecord, JobStore } from '../store/job-store.ts';
import { pageArrays } from '../store/page-arrays.ts';
import { checkDestinations } from '../notifications/check-destinations.ts';
import { readPageToken } from '../store/page.ts';
import { checkSettings } from './check-settings.ts';
import { withDefaults } from './job-defaults.ts';
import { mergeSettings } from './merge-settings.ts';
import { GetJob, JobIdBody, JobSettings, ListJobs, ResetJob, UpdateJob } from './schema.ts';

export interface JobRoutesOptions {
  jobs: JobStore;
  userName: string;
  now: () => number;
  limits: ApiLimits;
  /** Whether a notification destination of this id is there. */
  hasDestination: (id: string) => boolean;
  /** A new `timeout_seconds` of a job reaches its active runs. */
  onTimeoutChange: (jobId: number, timeoutSeconds: number) => void;
}

/** Jobs 2.2 and 2.1, which differ in the paging of long arrays alone. */
export function registerJobs(app: FastifyInstance, options: JobRoutesOptions): void {
  for (const version of ['2.1', '2.2']) {
    const prefix = `/api/${version}/jobs`;
    app.post(`${prefix}/create`, async (request) => createJob(options, request));
    app.post(`${prefix}/reset`, async (request) => resetJob(options, request));
    app.post(`${prefix}/update`, async (request) => updateJob(options, request));
    app.get(`${prefix}/get`, async (request) => getJob(options, request));
    app.get(`${prefix}/list`, async (request) => listJobs(options, request));
  }
  for (const version of ['2.0', '2.1', '2.2']) {
    app.post(`/api/${version}/jobs/delete`, async (request) => deleteJob(options, request));
  }
}

/** The job of a call; 400 with the service's own words when it is not there. */
export function findJob(jobs: JobStore, jobId: number): JobRecord {
  const job = jobs.get(jobId);
  if (job === undefined) throw invalidParameter(`Job ${jobId} does not exist.`);
  return job;
}

function createJob(options: JobRoutesOptions, request: FastifyRequest): unknown {
  const settings = parseInput(JobSettings, request.body);
  checkSettings(settings);
  checkDestinations(settings, options.hasDestination);
  checkJobQuota(options.limits, options.jobs, options.now());
  const jobId = options.jobs.create(stored(settings), options.now());
  noteCall(request, { jobId });
  return { job_id: jobId };
}

function resetJob(options: JobRoutesOptions, request: FastifyRequest): unknown {
  const body = parseInput(ResetJob, request.body);
  noteCall(request, { jobId: body.job_id });
  const job = findJob(options.jobs, body.job_id);
  // Leaving out run_as does not clear it.
  const kept = 'run_as' in job.settings ? { run_as: job.settings.run_as } : {};
  return replaceSettings(options, job, { ...kept, ...body.new_settings });
}

function updateJob(options: JobRoutesOptions, request: FastifyRequest): unknown {
  const body = parseInput(UpdateJob, request.body);
  noteCall(request, { jobId: body.job_id });
  const job = findJob(options.jobs, body.job_id);
  const merged = mergeSettings(job.settings, body.new_settings ?? {}, body.fields_to_remove ?? []);
  return replaceSettings(options, job, parseInput(JobSettings, merged));
}

function replaceSettings(options: JobRoutesOptions, job: JobRecord, settings: JobSettings): unknown {
  checkSettings(settings);
  checkDestinations(settings, options.hasDestination);
  options.jobs.replace(job.jobId, stored(settings));
  const timeout = settings.timeout_seconds ?? 0;
  if (timeout !== (job.settings.timeout_seconds ?? 0)) options.onTimeoutChange(job.jobId, timeout);
  return {};
}

function deleteJob(options: JobRoutesOptions, request: FastifyRequest): unknown {
  const { job_id: jobId } = parseInput(JobIdBody, request.body);
  noteCall(request, { jobId });
  findJob(options.jobs, jobId);
  options.jobs.delete(jobId, options.now());
  return {};
}

function getJob(options: JobRoutesOptions, request: FastifyRequest): unknown {
  const { job_id: jobId, page_token: token } = parseInput(GetJob, request.query);
  noteCall(request, { jobId });
  const view = jobView(findJob(options.jobs, jobId), options.userName);
  if (request.url.startsWith('/api/2.1/')) return view;
  const { next_page_token, ...settings } = pageArrays(view.settings, ['tasks', 'job_clusters', 'parameters'], token);
  return { ...view, settings, ...(next_page_token === undefined ? {} : { next_page_token }) };
}

function listJobs(options: JobRoutesOptions, request: FastifyRequest): unknown {
  const query = parseInput(ListJobs, request.query);
  const from = readPageToken(query.page_token);
  const page = options.jobs.list({ limit: query.limit, name: query.name, ...(from === undefined ? {} : { from }) });
  const jobs = page.items
    .map((job) => jobView(job, options.userName))
    .map((job) => (query.expand_tasks ? job : withoutTasks(job)));
  return {
    ...(jobs.length === 0 ? {} : { jobs }),
    has_more: page.next !== undefined,
    ...(page.next === undefined ? {} : { next_page_token: page.next }),
    ...(page.previous === undefined ? {} : { prev_page_token: page.previous }),
  };
}

/** `format` is ignored on write and added on read. */
function stored(settings: JobSettings): JobSettings {
  const { format: _ignored, ...rest } = settings;
  return rest as JobSettings;
}

function jobView(job: JobRecord, userName: string): { settings: Record<string, unknown> } & Record<string, unknown> {
  const runAs = (job.settings.run_as ?? {}) as Record<string, string | undefined>;
  return {
    job_id: job.jobId,
    creator_user_name: userName,
    run_as_user_name: runAs.user_name ?? runAs.service_principal_name ?? userName,
    created_time: job.createdAt,
    settings: withDefaults(job.settings),
  };
}

function withoutTasks(job: ReturnType<typeof jobView>): Record<string, unknown> {
  const { tasks: _tasks, job_clusters: _clusters, ...settings } = job.settings;
  return { ...job, settings };
}
