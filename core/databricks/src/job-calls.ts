import { type Call, type Caller, nameOf } from './call.ts';
import type { CallOptions, Job, JobCalls, RunNow } from './databricks-client.ts';
import { checkToken } from './idempotency-token.ts';
import { rawId } from './lossless-json.ts';
import { nextToken } from './next-token.ts';
import { parseAnswer } from './parse-answer.ts';
import { CreatedJob, JobPage, StartedRun, WireJob } from './schema.ts';

const prefix = '/api/2.2/jobs';

export function jobCalls(caller: Caller): JobCalls {
  return {
    async create(settings, options) {
      const call: Call = { ...post('create', settings), repeatable: false };
      const { job_id } = parseAnswer(CreatedJob, await caller.json(call, options), nameOf(call));
      return { jobId: job_id };
    },
    async reset(jobId, settings, options) {
      await caller.json(post('reset', { job_id: rawId(jobId), new_settings: settings }), options);
    },
    get: (jobId, options) => getJob(caller, jobId, options),
    list: (query = {}, options) => listJobs(caller, query.name, options),
    async find({ name, tag }, options) {
      const named = await listJobs(caller, name, options);
      const found = named.filter(({ settings }) => settings['name'] === name && tagOf(settings, tag.key) === tag.value);
      return found.sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0));
    },
    async delete(jobId, options) {
      await caller.json(post('delete', { job_id: rawId(jobId) }), options);
    },
    runNow: (request, options) => runNow(caller, request, options),
  };
}

function post(name: string, json: Record<string, unknown>): Call {
  return { method: 'POST', path: `${prefix}/${name}`, json, family: 'jobs', repeatable: true };
}

/** Arrays above 100 elements come in pages; those that are finished are empty on later pages. */
async function getJob(caller: Caller, jobId: string, options: CallOptions | undefined): Promise<Job> {
  const call: Call = {
    method: 'GET',
    path: `${prefix}/get`,
    query: { job_id: jobId },
    family: 'jobs',
    repeatable: true,
  };
  const answer = parseAnswer(WireJob, await caller.json(call, options), nameOf(call));
  const job = toJob(answer);
  for (let token = nextToken(answer.next_page_token, undefined, call); token !== undefined;) {
    const page = { ...call, query: { job_id: jobId, page_token: token } };
    const next = parseAnswer(WireJob, await caller.json(page, options), nameOf(call));
    appendArrays(job.settings, toJob(next).settings);
    token = nextToken(next.next_page_token, token, call);
  }
  return job;
}

function appendArrays(settings: Job['settings'], page: Job['settings']): void {
  for (const [key, value] of Object.entries(page)) {
    const known = settings[key];
    if (Array.isArray(value)) settings[key] = Array.isArray(known) ? [...known, ...value] : value;
  }
}

async function listJobs(caller: Caller, name: string | undefined, options: CallOptions | undefined): Promise<Job[]> {
  const jobs: Job[] = [];
  for (let token: string | undefined; ;) {
    const query = { limit: 100, name, page_token: token };
    const call: Call = { method: 'GET', path: `${prefix}/list`, query, family: 'jobs', repeatable: true };
    const page = parseAnswer(JobPage, await caller.json(call, options), nameOf(call));
    jobs.push(...page.jobs.map(toJob));
    token = nextToken(page.next_page_token, token, call);
    if (token === undefined) return jobs;
  }
}

async function runNow(caller: Caller, request: RunNow, options: CallOptions | undefined): Promise<{ runId: string }> {
  const { jobId, idempotencyToken, jobParameters } = request;
  checkToken(idempotencyToken);
  const json = { job_id: rawId(jobId), idempotency_token: idempotencyToken, job_parameters: jobParameters };
  const call: Call = { ...post('run-now', json), family: 'run-now' };
  const { run_id } = parseAnswer(StartedRun, await caller.json(call, options), nameOf(call));
  return { runId: run_id };
}

function tagOf(settings: Job['settings'], key: string): unknown {
  const tags = settings['tags'];
  const isObject = typeof tags === 'object' && tags !== null && !Array.isArray(tags);
  return isObject && Object.hasOwn(tags, key) ? tags[key] : undefined;
}

function toJob(wire: WireJob): Job {
  return { jobId: wire.job_id, settings: wire.settings, creator: wire.creator_user_name, createdAt: wire.created_time };
}
