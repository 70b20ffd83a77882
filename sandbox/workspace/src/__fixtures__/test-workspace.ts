import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@slowlane/contracts';
import { createWorkspace, type Workspace, type WorkspaceLimits } from '../workspace.ts';
import { createHeldDriver, type HeldDriver } from './held-driver.ts';

export const token = 'dapi-test-token';

export interface Answer {
  status: number;
  // The tests look at single fields of many shapes.
  body: Record<string, unknown>;
  headers: Record<string, unknown>;
  text: string;
}

export interface TestWorkspace {
  driver: HeldDriver;
  folder: string;
  workspace: Workspace;
  get(url: string): Promise<Answer>;
  post(url: string, body?: unknown): Promise<Answer>;
  send(
    method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD',
    url: string,
    options?: { body?: string | Buffer; headers?: Record<string, string> },
  ): Promise<Answer>;
  /** Closes the server and opens a new one on the same folders, as after a crash of the process. */
  restart(): Promise<void>;
  /** The run once it shows this life-cycle state. */
  runIn(state: string, runId: unknown): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** A workspace in a temporary folder, with a driver whose programs the test ends itself. */
export async function startTestWorkspace(limits: Partial<WorkspaceLimits> = {}): Promise<TestWorkspace> {
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-workspace-'));
  const driver = createHeldDriver();
  const open = (): Promise<Workspace> =>
    createWorkspace({
      stateDir: join(folder, 'state'),
      volumesDir: join(folder, 'volumes'),
      driver,
      root: { digest: 'sha256:0', binds: [], symlinks: [], files: [] },
      token,
      publicUrl: 'http://workspace.test',
      limits: { driverMemoryBytes: 1_024 ** 3, cpus: 2, maxActiveRuns: 10, wallMs: 3_600_000, ...limits },
      user: { userName: 'owner@example.org' },
      logger: silent,
      classArchive: false,
    });
  const test: TestWorkspace = {
    driver,
    folder,
    workspace: await open(),
    get: (url) => test.send('GET', url),
    post: (url, body) =>
      test.send('POST', url, {
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    async send(method, url, options = {}) {
      const response = await test.workspace.inject({
        method,
        url,
        ...(options.body === undefined ? {} : { payload: options.body }),
        headers: { authorization: `Bearer ${token}`, ...options.headers },
      });
      const isJson = response.body !== '' && String(response.headers['content-type']).includes('json');
      return {
        status: response.statusCode,
        body: isJson ? response.json() : {},
        headers: response.headers,
        text: response.body,
      };
    },
    async restart() {
      await test.workspace.close();
      test.workspace = await open();
    },
    async runIn(state, runId) {
      for (;;) {
        const { body } = await test.get(`/api/2.2/jobs/runs/get?run_id=${String(runId)}`);
        const shown = (body.state as { life_cycle_state?: string } | undefined)?.life_cycle_state;
        if (shown === state) return body;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async close() {
      await test.workspace.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return test;
}

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Settings of a job with one JAR task; the JAR itself is put there by `putJar`. */
export function jarJob(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'orders',
    tasks: [
      {
        task_key: 'main',
        spark_jar_task: {
          main_class_name: 'com.example.Orders',
          parameters: ['--request', '{{job.parameters.request}}', '--result', '{{job.parameters.result}}'],
        },
        libraries: [{ jar: '/Volumes/main/apps/artifacts/orders.jar' }],
        new_cluster: { spark_version: '17.3.x-scala2.13', node_type_id: 'local', num_workers: 0 },
      },
    ],
    parameters: [
      { name: 'request', default: '' },
      { name: 'result', default: '' },
    ],
    max_concurrent_runs: 1_000,
    ...changes,
  };
}

/** Puts the JAR of `jarJob` on its volume, makes the job, and returns its id. */
export async function createJarJob(test: TestWorkspace, changes: Record<string, unknown> = {}): Promise<number> {
  await test.send('PUT', '/api/2.0/fs/files/Volumes/main/apps/artifacts/orders.jar', { body: 'jar', headers: octets });
  const { body } = await test.post('/api/2.2/jobs/create', jarJob(changes));
  return body.job_id as number;
}

export const octets = { 'content-type': 'application/octet-stream' };
