import { type Call, type Caller, nameOf } from './call.ts';
import type { CallOptions, RunCalls, RunQuery } from './databricks-client.ts';
import { checkToken } from './idempotency-token.ts';
import { rawId } from './lossless-json.ts';
import { nextToken } from './next-token.ts';
import { parseAnswer } from './parse-answer.ts';
import type { Run } from './run.ts';
import { RunPage, StartedRun, WireOutput, WireRun } from './schema.ts';
import { toRun } from './to-run.ts';

const prefix = '/api/2.2/jobs/runs';

export function runCalls(caller: Caller): RunCalls {
  return {
    get: (runId, options) => getRun(caller, runId, options),
    list: (query, options) => listRuns(caller, query, options),
    async submit({ idempotencyToken, settings }, options) {
      checkToken(idempotencyToken);
      const json = { ...settings, idempotency_token: idempotencyToken };
      const call: Call = { method: 'POST', path: `${prefix}/submit`, json, family: 'run-now', repeatable: true };
      return { runId: parseAnswer(StartedRun, await caller.json(call, options), nameOf(call)).run_id };
    },
    async cancelAll(jobId, options) {
      const json = { job_id: rawId(jobId) };
      await caller.json(
        { method: 'POST', path: `${prefix}/cancel-all`, json, family: 'runs-cancel', repeatable: true },
        options,
      );
    },
    async cancel(runId, options) {
      const json = { run_id: rawId(runId) };
      await caller.json(
        { method: 'POST', path: `${prefix}/cancel`, json, family: 'runs-cancel', repeatable: true },
        options,
      );
    },
    async output(runId, options) {
      const call = read('get-output', { run_id: runId });
      const { logs, logs_truncated, error, error_trace } = parseAnswer(
        WireOutput,
        await caller.json(call, options),
        nameOf(call),
      );
      return { logs, logsTruncated: logs_truncated, error, errorTrace: error_trace };
    },
  };
}

function read(name: string, query: NonNullable<Call['query']>): Call {
  const family = name === 'list' ? 'runs-list' : 'runs-get';
  return { method: 'GET', path: `${prefix}/${name}`, query, family, repeatable: true };
}

/** `tasks` and `job_parameters` come 100 at a time. */
async function getRun(caller: Caller, runId: string, options: CallOptions | undefined): Promise<Run> {
  const fetchPage = async (page_token?: string): Promise<WireRun> => {
    const call = read('get', { run_id: runId, page_token });
    return parseAnswer(WireRun, await caller.json(call, options), nameOf(call));
  };
  const run = await fetchPage();
  const call = read('get', { run_id: runId });
  for (let token = nextToken(run.next_page_token, undefined, call); token !== undefined;) {
    const page = await fetchPage(token);
    token = nextToken(page.next_page_token, token, call);
    run.tasks.push(...page.tasks);
    run.job_parameters.push(...page.job_parameters);
  }
  return toRun(run);
}

/** 24 a page: the documentation says "below 25", servers took up to 26. */
async function* listRuns(caller: Caller, query: RunQuery, options: CallOptions | undefined): AsyncGenerator<Run> {
  const { jobId, activeOnly, completedOnly, startTimeFrom, expandTasks } = query;
  const filters = {
    job_id: jobId,
    active_only: activeOnly,
    completed_only: completedOnly,
    start_time_from: startTimeFrom,
  };
  for (let token: string | undefined; ;) {
    const call = read('list', { ...filters, expand_tasks: expandTasks, limit: 24, page_token: token });
    const page = parseAnswer(RunPage, await caller.json(call, options), nameOf(call));
    for (const run of page.runs) yield toRun(run);
    token = nextToken(page.next_page_token, token, call);
    if (token === undefined) return;
  }
}
