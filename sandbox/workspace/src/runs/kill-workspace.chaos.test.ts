import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { start, type Started } from '@slowlane/process';
import { endProgram } from '../__fixtures__/disk-driver.ts';
import { jarJob, token } from '../__fixtures__/test-workspace.ts';
import type { WorkspaceTask } from '../__fixtures__/workspace-main.ts';

let folder: string;
let programs: string;
let child: Started;
let url: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slowlane-kill-'));
  programs = join(folder, 'programs');
  await mkdir(programs);
  await boot();
});
afterEach(async () => {
  await kill();
  await rm(folder, { recursive: true, force: true });
});

/** The workspace as a process of its own, always on the same folders. */
async function boot(): Promise<void> {
  const task: WorkspaceTask = {
    helperModule: fileURLToPath(new URL('../__fixtures__/disk-driver.ts', import.meta.url)),
    ...{ socketPath: programs, stateDir: join(folder, 'state'), volumesDir: join(folder, 'volumes'), token },
    ...{ root: { digest: 'sha256:0', binds: [], symlinks: [], files: [] }, port: 0, classArchive: false },
    limits: { driverMemoryBytes: 512 * 1_024 ** 2, cpus: 1, maxActiveRuns: 50, wallMs: 600_000 },
  };
  const main = fileURLToPath(new URL('../__fixtures__/workspace-main.ts', import.meta.url));
  child = start([process.execPath, '--no-warnings', main, JSON.stringify(task)], {
    ...{ stdin: 'pipe', stderr: 'inherit', cwd: '/' },
  });
  child.stdin?.on('error', () => undefined);
  const line = once(child.stdout as NodeJS.EventEmitter, 'data').then(([data]) => String(data));
  const first = await Promise.race([line, child.exited.then(() => undefined)]);
  if (first === undefined) throw new Error('the workspace process did not start');
  url = first.trim();
}

async function kill(): Promise<void> {
  child.kill('SIGKILL');
  await child.exited;
}

type Json = Record<string, unknown>;

async function call(path: string, body?: unknown): Promise<Json> {
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Json);
}

function jar(key: string, changes: Json = {}): Json {
  return { ...(jarJob()['tasks'] as Json[])[0], task_key: key, ...changes };
}

async function create(settings: Json): Promise<number> {
  const body = { max_concurrent_runs: 10, parameters: [], ...settings };
  return (await call('/api/2.2/jobs/create', body))['job_id'] as number;
}

async function runNow(jobId: number): Promise<number> {
  return (await call('/api/2.2/jobs/run-now', { job_id: jobId }))['run_id'] as number;
}

async function runOf(runId: number): Promise<Json & { tasks: { status: { state: string }; run_id: number }[] }> {
  return (await call(`/api/2.2/jobs/runs/get?run_id=${runId}`)) as never;
}

async function stateOf(runId: number): Promise<unknown> {
  return ((await runOf(runId))['status'] as { state: string }).state;
}

async function resultOf(runId: number): Promise<unknown> {
  return ((await runOf(runId))['state'] as { result_state?: string }).result_state;
}

async function running(): Promise<string[]> {
  const names = await readdir(programs);
  return names.filter((name) => name.endsWith('.running')).map((name) => name.replace('.running', ''));
}

/** Programs of a run or of what is below it. */
async function programsOf(runId: number): Promise<string[]> {
  const now = await running();
  const { tasks } = await runOf(runId);
  const ids: number[] = [];
  for (const task of tasks) {
    const { iterations } = (await call(`/api/2.2/jobs/runs/get?run_id=${task.run_id}`)) as {
      iterations?: { run_id: number }[];
    };
    ids.push(task.run_id, ...(iterations ?? []).map((one) => one.run_id));
  }
  return now.filter((id) => ids.some((runId) => id === `run-${runId}`));
}

const patient = { timeout: 30_000, interval: 50 };

async function endOne(runId: number, code = 0): Promise<void> {
  await expect.poll(async () => (await programsOf(runId)).length, patient).toBeGreaterThan(0);
  await endProgram(programs, (await programsOf(runId))[0] as string, code);
}

describe('a workspace process that is killed', () => {
  it('goes on with everything that was under way, and does nothing twice', { timeout: 120_000 }, async () => {
    const jarPath = '/api/2.0/fs/files/Volumes/main/apps/artifacts/orders.jar';
    await fetch(url + jarPath, { method: 'PUT', body: 'jar', headers: { authorization: `Bearer ${token}` } });
    const plain = await create({ tasks: [jar('main')] });
    const single = await create({ tasks: [jar('main')], max_concurrent_runs: 1, queue: { enabled: true } });
    const active = await runNow(single);
    const queued = await runNow(single);
    const retries = await runNow(
      await create({ tasks: [jar('main', { max_retries: 1, min_retry_interval_millis: 8_000 })] }),
    );
    const each = await runNow(
      await create({
        tasks: [{ task_key: 'each', for_each_task: { inputs: '[1,2,3,4]', concurrency: 2, task: jar('one') } }],
      }),
    );
    const chain = await runNow(
      await create({
        tasks: [
          { task_key: 'ask', condition_task: { op: 'EQUAL_TO', left: '1', right: '1' } },
          { task_key: 'call', depends_on: [{ task_key: 'ask', outcome: 'true' }], run_job_task: { job_id: plain } },
          jar('after', { depends_on: [{ task_key: 'call' }] }),
        ],
      }),
    );
    const schedule = { quartz_cron_expression: '0/5 * * * * ?', timezone_id: 'UTC', pause_status: 'UNPAUSED' };
    const scheduled = await create({
      tasks: [{ task_key: 'ask', condition_task: { op: 'EQUAL_TO', left: '1', right: '1' } }],
      schedule,
    });
    const occurrences = async (): Promise<Json[]> =>
      ((await call(`/api/2.2/jobs/runs/list?job_id=${scheduled}&limit=26`))['runs'] ?? []) as Json[];
    const childOf = async (): Promise<number> => {
      const { runs } = await call(`/api/2.2/jobs/runs/list?job_id=${plain}`);
      return ((runs ?? []) as { run_id: number }[])[0]?.run_id ?? 0;
    };

    await endOne(retries, 1);
    await endOne(each);
    await expect.poll(async () => (await runOf(retries)).tasks[0]?.status.state, patient).toBe('WAITING');
    await expect.poll(async () => (await programsOf(each)).length, patient).toBe(2);
    await expect.poll(childOf, patient).not.toBe(0);
    expect(await stateOf(queued)).toBe('QUEUED');
    const before = (await occurrences()).length;
    await kill();
    // The next occurrence comes while nobody is there.
    const away = Date.now();
    await expect.poll(() => Date.now() - away, patient).toBeGreaterThan(11_000);
    await boot();

    expect(await stateOf(queued)).toBe('QUEUED');
    await expect.poll(async () => (await occurrences()).length, patient).toBeGreaterThan(before);
    await endOne(active);
    await endOne(each);
    await kill();
    await boot();
    await endOne(queued);
    await endOne(retries);
    await endOne(each);
    await endOne(each);
    await endOne(await childOf());
    await kill();
    await boot();
    await endOne(chain);
    for (const runId of [active, queued, retries, each, chain])
      await expect.poll(() => resultOf(runId), patient).toBe('SUCCESS');

    const starts = (await readFile(join(programs, 'starts'), 'utf8')).trim().split('\n');
    expect(starts).toHaveLength(new Set(starts).size);
    // active, queued, two attempts, four iterations, the child and what comes after it
    expect(starts).toHaveLength(10);
    const times = (await occurrences()).map((run) => Math.floor((run['start_time'] as number) / 5_000));
    expect(times).toHaveLength(new Set(times).size);
    expect((await occurrences()).every((run) => run['trigger'] === 'PERIODIC')).toBe(true);
  });
});
