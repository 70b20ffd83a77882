import type { JsonObject } from '@slowlane/contracts';
import { type CallStep, type Case, clientNames, type Expect, type HttpStep, type Source, type Step } from '../case.ts';

type More = Partial<Pick<Case, 'needs' | 'clients' | 'why'>>;

/** A case that every client may try, unless `more` says otherwise; one with exact bytes is the raw client's. */
export function claim(id: string, title: string, source: Source, steps: readonly Step[], more: More = {}): Case {
  const isRaw = steps.some((step) => 'http' in step);
  const hasFault = steps.some((step) => 'fault' in step);
  return {
    ...{ id, title, source, steps },
    needs: [...(more.needs ?? []), ...(hasFault ? (['faults'] as const) : [])],
    clients: more.clients ?? (isRaw ? ['raw'] : clientNames),
    ...(more.why !== undefined || !isRaw ? {} : { why: 'only the raw client sends exact bytes' }),
    ...(more.why === undefined ? {} : { why: more.why }),
  };
}

export function call(name: string, given: JsonObject = {}, rest: Omit<CallStep, 'call' | 'with'> = {}): CallStep {
  return { call: name, with: given, ...rest };
}

export function http(
  method: string,
  path: string,
  rest: Omit<HttpStep, 'http'> & Partial<HttpStep['http']> = {},
): HttpStep {
  const { save, expect, until, body, headers, withoutToken } = rest;
  return {
    http: {
      ...{ method, path },
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json', ...headers } }),
      ...(body !== undefined || headers === undefined ? {} : { headers }),
      ...(withoutToken === undefined ? {} : { withoutToken }),
    },
    ...(save === undefined ? {} : { save }),
    ...(expect === undefined ? {} : { expect }),
    ...(until === undefined ? {} : { until }),
  };
}

/** A refusal in the usual shape. */
export function refused(status: number, code?: string, message?: string, isMissing?: boolean): Expect {
  return {
    wire: { present: ['error_code', 'message'] },
    error: {
      status,
      ...(code === undefined ? {} : { code }),
      ...(message === undefined ? {} : { message }),
      ...(isMissing === undefined ? {} : { isMissing }),
    },
  };
}

export const invalid = (message?: string): Expect => refused(400, 'INVALID_PARAMETER_VALUE', message);

export const cluster = { spark_version: '{spark_version}', node_type_id: '{node_type}', num_workers: 0 };

/** A task that is never started unless a case runs its job. */
export function task(key = 'main', more: JsonObject = {}): JsonObject {
  return {
    task_key: key,
    spark_python_task: { python_file: '{volume}/{unique}.py' },
    new_cluster: cluster,
    ...more,
  };
}

export function job(more: JsonObject = {}): JsonObject {
  return { name: 'conformance {unique}', max_concurrent_runs: 10, tasks: [task()], ...more };
}

/** Makes the job of `job()` and keeps its id as `{job_id}`. */
export function create(more: JsonObject = {}): CallStep {
  return call('jobs.create', job(more), { save: { job_id: 'job_id' } });
}

export const remove = call('jobs.delete', { job_id: '{job_id}' });

/** Puts the Python program that `task()` names on the volume. */
export function program(text: string): CallStep {
  return call('files.upload', { file_path: '{volume}/{unique}.py', contents: text, overwrite: true });
}

export const programs = {
  ends: 'import sys\nprint("said", *sys.argv[1:])\n',
  fails: 'raise ValueError("bad figures")\n',
  waits: 'import time\nprint("waits", flush=True)\ntime.sleep(600)\n',
};

export const runNow = (more: JsonObject = {}, name = 'run_id'): CallStep =>
  call(
    'jobs.run_now',
    { job_id: '{job_id}', idempotency_token: `{unique}-${name}`, ...more },
    { save: { [name]: 'run_id' } },
  );

/** Asks until the run has ended, in whatever way. */
export function ended(expect: Expect = {}, name = 'run_id', save: Record<string, string> = {}): CallStep {
  return call(
    'jobs.get_run',
    { run_id: `{${name}}` },
    {
      until: { has: { 'state.life_cycle_state': { oneOf: ['TERMINATED', 'SKIPPED', 'INTERNAL_ERROR'] } } },
      expect,
      save,
    },
  );
}

export function running(name = 'run_id'): CallStep {
  return call('jobs.get_run', { run_id: `{${name}}` }, { until: { has: { 'state.life_cycle_state': 'RUNNING' } } });
}

export const cancel = (name = 'run_id'): CallStep => call('jobs.cancel_run', { run_id: `{${name}}` });

export const withPrograms: More = { needs: ['programs'] };
export const withSpark: More = { needs: ['spark', 'clusters'] };
export const withClusters: More = { needs: ['clusters'] };
