import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type FakeClusters, actOnClusters, createFakeClusters } from './hostile-clusters.ts';

/**
 * For tests: a Jobs and Files API on loopback that keeps the truth (which runs there are, by token) and misbehaves on demand. `lost`: the work is done and the
 * connection cut before the answer. `cut`: cut before the work. `slow`: the work is done and no answer comes. A number: that status, nothing done.
 */
export type Fault =
  'lost' | 'cut' | 'slow' | number | { status: number; headers?: Record<string, string>; body?: string };

export interface FakeRun {
  runId: number;
  token: string;
  jobId: number;
  parameters: Record<string, string>;
  startTime: number;
  endTime: number;
  lifeCycle: string;
  result: string | undefined;
  code: string | undefined;
  isCancelled: boolean;
  isDeleted: boolean;
  /** Of one that `runs/submit` has started. */
  clusterId?: string;
  name?: string;
}

export interface HostileWorkspace {
  url: string;
  runs: FakeRun[];
  /** Every request, in order: `POST run-now`, `PUT /Volumes/…`, `GET runs/get`. */
  calls: string[];
  files: Map<string, string>;
  logs: Map<number, Record<string, unknown>>;
  /** Faults of the next calls of a kind (`run-now`, `runs/get`, `runs/cancel`, `runs/get-output`, `runs/list`, `files`), in order; `undefined` = none. */
  faults: Map<string, (Fault | undefined)[]>;
  /** Asked for every call before the list: for faults by chance. */
  chance: ((kind: string) => Fault | undefined) | undefined;
  /** Only these folders take files; `undefined` = all. */
  folders: Set<string> | undefined;
  clusters: FakeClusters;
  /** Settings of each job, by its id. */
  jobs: Map<string, Record<string, unknown>>;
  finish(run: FakeRun, end: { lifeCycle?: string; result?: string; code?: string }): void;
  close(): Promise<void>;
}

export async function startHostileWorkspace(): Promise<HostileWorkspace> {
  const workspace: HostileWorkspace = {
    url: '',
    runs: [],
    calls: [],
    files: new Map(),
    logs: new Map(),
    faults: new Map(),
    chance: undefined,
    folders: undefined,
    clusters: createFakeClusters(),
    jobs: new Map(),
    finish(run, { lifeCycle = 'TERMINATED', result, code }) {
      Object.assign(run, { lifeCycle, result, code, endTime: Date.now() });
    },
    close: () => Promise.resolve(),
  };
  const server = createServer((request, response) => void serve(workspace, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  workspace.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  workspace.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return workspace;
}

async function serve(workspace: HostileWorkspace, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request).catch(() => '');
  const url = new URL(request.url ?? '', 'http://loopback');
  const kind = kindOf(url.pathname);
  workspace.calls.push(kind === 'files' ? `${request.method} ${pathOf(url)}` : `${request.method} ${kind}`);
  const fault = workspace.chance?.(kind) ?? workspace.faults.get(kind)?.shift();
  if (fault === 'cut') return void response.destroy();
  if (typeof fault === 'number') return send(response, fault, '');
  if (typeof fault === 'object') return send(response, fault.status, fault.body ?? '', fault.headers);
  await workspace.clusters.holds.get(kind)?.shift();
  const answer = act(workspace, { kind, method: request.method ?? '', url, body });
  if (fault === 'lost') return void response.destroy();
  if (fault === 'slow') return;
  send(response, answer.status, answer.body);
}

function kindOf(path: string): string {
  const job = /^\/api\/2\.2\/jobs\/(.+)$/.exec(path);
  if (job !== null) return job[1] as string;
  const cluster = /^\/api\/2\.1\/(clusters\/.+)$/.exec(path);
  if (cluster !== null) return cluster[1] as string;
  return path.startsWith('/api/2.0/fs/') ? 'files' : path;
}

function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname.replace(/^\/api\/2\.0\/fs\/(files|directories)/, ''));
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { 'content-type': 'application/json', ...length, ...headers }).end(body);
}

interface Asked {
  kind: string;
  method: string;
  url: URL;
  body: string;
}

interface Answered {
  status: number;
  body: string;
}

function act(workspace: HostileWorkspace, asked: Asked): Answered {
  const { kind, url, body } = asked;
  if (kind === 'files') return takeFile(workspace, asked);
  const ofCluster = actOnClusters(workspace.clusters, asked);
  if (ofCluster !== undefined) return ofCluster;
  if (kind === 'get') return getJob(workspace, url);
  if (kind === 'runs/submit') return submit(workspace, JSON.parse(body) as SubmitBody);
  if (kind === 'run-now') return runNow(workspace, JSON.parse(body) as RunNowBody);
  if (kind === 'runs/list') return list(workspace, url);
  const id = Number(
    kind === 'runs/cancel' ? (JSON.parse(body) as { run_id: number }).run_id : url.searchParams.get('run_id'),
  );
  const run = workspace.runs.find(({ runId, isDeleted }) => runId === id && !isDeleted);
  if (run === undefined) return refusal(400, 'INVALID_PARAMETER_VALUE', `Run ${id} does not exist.`);
  if (kind === 'runs/get') return { status: 200, body: JSON.stringify(shapeOf(run)) };
  if (kind === 'runs/get-output')
    return { status: 200, body: JSON.stringify({ metadata: shapeOf(run), ...workspace.logs.get(id) }) };
  if (kind === 'runs/cancel') {
    run.isCancelled = true;
    return { status: 200, body: '{}' };
  }
  return refusal(501, 'NOT_IMPLEMENTED', kind);
}

function takeFile(workspace: HostileWorkspace, { method, url, body }: Asked): Answered {
  const path = pathOf(url);
  if (url.pathname.includes('/fs/directories')) {
    workspace.folders?.add(path);
    return { status: 204, body: '' };
  }
  const held = workspace.files.get(path);
  if (method === 'GET' || method === 'HEAD')
    return held === undefined ? { status: 404, body: '' } : { status: 200, body: held };
  if (method !== 'PUT') return refusal(501, 'NOT_IMPLEMENTED', method);
  const folder = path.slice(0, path.lastIndexOf('/'));
  if (workspace.folders !== undefined && !workspace.folders.has(folder)) return { status: 404, body: '' };
  workspace.files.set(path, body);
  return { status: 204, body: '' };
}

interface RunNowBody {
  job_id: number;
  idempotency_token: string;
  job_parameters: Record<string, string>;
}

function runNow(workspace: HostileWorkspace, { job_id, idempotency_token, job_parameters }: RunNowBody): Answered {
  const known = workspace.runs.find(({ token }) => token === idempotency_token);
  if (known?.isDeleted === true) {
    return refusal(400, 'INVALID_PARAMETER_VALUE', `The run of idempotency_token ${idempotency_token} was deleted.`);
  }
  const run = known ?? newRun(workspace.runs.length + 1_000, { job_id, idempotency_token, job_parameters });
  if (known === undefined) workspace.runs.push(run);
  return { status: 200, body: `{"run_id":${run.runId},"number_in_job":${run.runId}}` };
}

interface SubmitBody {
  idempotency_token: string;
  run_name: string;
  tasks: { existing_cluster_id: string }[];
}

function submit(workspace: HostileWorkspace, { idempotency_token, run_name, tasks }: SubmitBody): Answered {
  const known = workspace.runs.find(({ token }) => token === idempotency_token);
  const runId = workspace.runs.length + 1_000;
  const run = known ?? newRun(runId, { job_id: runId + 9_000, idempotency_token, job_parameters: {} });
  if (known === undefined)
    workspace.runs.push({ ...run, name: run_name, clusterId: tasks[0]?.existing_cluster_id as string });
  return { status: 200, body: `{"run_id":${run.runId}}` };
}

function getJob(workspace: HostileWorkspace, url: URL): Answered {
  const id = url.searchParams.get('job_id') ?? '';
  const settings = workspace.jobs.get(id);
  if (settings === undefined) return refusal(400, 'INVALID_PARAMETER_VALUE', `Job ${id} does not exist.`);
  return { status: 200, body: JSON.stringify({ job_id: Number(id), settings }) };
}

function newRun(runId: number, { job_id, idempotency_token, job_parameters }: RunNowBody): FakeRun {
  return {
    runId,
    token: idempotency_token,
    jobId: job_id,
    parameters: job_parameters,
    startTime: Date.now(),
    endTime: 0,
    lifeCycle: 'RUNNING',
    result: undefined,
    code: undefined,
    isCancelled: false,
    isDeleted: false,
  };
}

/** 24 a page, newest end first, unfinished runs by start. */
function list(workspace: HostileWorkspace, url: URL): Answered {
  const query = url.searchParams;
  const isWanted = (run: FakeRun): boolean =>
    !run.isDeleted &&
    (query.get('job_id') === null || run.jobId === Number(query.get('job_id'))) &&
    (query.get('completed_only') !== 'true' || run.endTime > 0) &&
    (query.get('active_only') !== 'true' || run.endTime === 0);
  const found = workspace.runs.filter(isWanted).sort((a, b) => (b.endTime || b.startTime) - (a.endTime || a.startTime));
  const from = Number(query.get('page_token') ?? 0);
  const page = found.slice(from, from + 24);
  const more = from + 24 < found.length ? { has_more: true, next_page_token: String(from + 24) } : { has_more: false };
  return { status: 200, body: JSON.stringify({ ...(page.length === 0 ? {} : { runs: page.map(shapeOf) }), ...more }) };
}

function shapeOf(run: FakeRun): Record<string, unknown> {
  const hasEnded = run.endTime > 0;
  return {
    job_id: run.jobId,
    run_id: run.runId,
    run_type: run.clusterId === undefined ? 'JOB_RUN' : 'SUBMIT_RUN',
    ...(run.name !== undefined && { run_name: run.name }),
    state: {
      life_cycle_state: run.lifeCycle,
      ...(run.result === undefined ? {} : { result_state: run.result }),
      state_message: '',
    },
    status: hasEnded
      ? {
          state: 'TERMINATED',
          ...(run.code === undefined
            ? {}
            : { termination_details: { code: run.code, type: 'X', message: `ended ${run.code}` } }),
        }
      : { state: run.lifeCycle },
    start_time: run.startTime,
    end_time: run.endTime,
    job_parameters: Object.entries(run.parameters).map(([name, value]) => ({ name, default: '', value })),
    tasks: [
      {
        task_key: 'main',
        run_id: run.runId,
        attempt_number: 0,
        ...(run.clusterId !== undefined && { cluster_instance: { cluster_id: run.clusterId } }),
      },
    ],
  };
}

function refusal(status: number, error_code: string, message: string): Answered {
  return { status, body: JSON.stringify({ error_code, message }) };
}
