import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RootSpec } from '@slowlane/contracts';
import { run, start, type Started } from '@slowlane/process';
import { startTestHelper, type TestHelper } from '@slowlane/testkit';
import { buildSparkExtension } from '../programs/spark-extension.ts';
import type { WorkspaceLimits } from '../workspace.ts';
import type { WorkspaceTask } from './workspace-main.ts';

/** The ordinary user that the workspace runs as, like in the product. */
const user = { uid: 61_234, gid: 61_234 };
const token = 'dapi-spark-test';

export interface SparkWorkspace {
  folder: string;
  volumesDir: string;
  helper: TestHelper;
  token: string;
  readonly url: string;
  /** A call that must succeed; the answer's JSON. */
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  upload(path: string, bytes: Buffer): Promise<void>;
  /** The job run once it has ended, in whatever way. */
  ended(runId: unknown): Promise<Record<string, unknown>>;
  /** The job run once its task run shows this state. */
  inState(runId: unknown, state: string): Promise<Record<string, unknown>>;
  /** `kill -9` of the workspace process alone. */
  kill(): Promise<void>;
  /** The workspace again, on the same folders and port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A workspace process with real Spark, over a real sandbox helper. Only where `canStartTestHelper`. */
export async function startSparkWorkspace(
  limits: Partial<WorkspaceLimits> = {},
  classArchive = false,
  externalMaster?: string,
): Promise<SparkWorkspace> {
  const site = await sparkSite();
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-spark-'));
  await chmod(folder, 0o711);
  for (const name of ['state', 'volumes']) {
    await mkdir(join(folder, name));
    await chown(join(folder, name), user.uid, user.gid);
  }
  const helper = await startTestHelper({
    ...{ allowedSources: [folder, site], caller: user, allowsHostNetwork: externalMaster !== undefined },
  });
  const root: RootSpec = { ...helper.root, binds: [...helper.root.binds, { source: site, target: '/opt/site' }] };
  const task: WorkspaceTask = {
    helperModule: '@slowlane/helper',
    socketPath: helper.socketPath,
    stateDir: join(folder, 'state'),
    volumesDir: join(folder, 'volumes'),
    root,
    token,
    limits: { driverMemoryBytes: 512 * 1_024 ** 2, cpus: 2, maxActiveRuns: 4, wallMs: 300_000, ...limits },
    port: 0,
    classArchive,
    ...(externalMaster === undefined ? {} : { externalMaster }),
  };
  let { child, url } = await startMain(task);
  task.port = Number(new URL(url).port);
  const test: SparkWorkspace = {
    folder,
    volumesDir: task.volumesDir,
    helper,
    token,
    get url() {
      return url;
    },
    async call(method, path, body) {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    },
    async upload(path, bytes) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' };
      const response = await fetch(`${url}/api/2.0/fs/files${path}`, {
        method: 'PUT',
        headers,
        body: new Uint8Array(bytes),
      });
      if (!response.ok) throw new Error(`upload of ${path}: ${response.status} ${await response.text()}`);
    },
    ended: (runId) => poll(test, runId, (view) => (view.status as { state: string }).state === 'TERMINATED'),
    inState: (runId, state) =>
      poll(test, runId, (view) => (view.tasks as { status: { state: string } }[])[0]?.status.state === state),
    async kill() {
      child.kill('SIGKILL');
      await child.exited;
    },
    async restart() {
      ({ child, url } = await startMain(task));
    },
    async close() {
      child.stdin?.end();
      await child.exited;
      await helper.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return test;
}

async function poll(
  test: SparkWorkspace,
  runId: unknown,
  isDone: (view: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  for (;;) {
    const view = await test.call('GET', `/api/2.2/jobs/runs/get?run_id=${String(runId)}`);
    if (isDone(view)) return view;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function startMain(task: WorkspaceTask): Promise<{ child: Started; url: string }> {
  const main = fileURLToPath(new URL('./workspace-main.ts', import.meta.url));
  const child = start([process.execPath, '--no-warnings', main, JSON.stringify(task)], {
    ...user,
    stdin: 'pipe',
    stderr: 'inherit',
    cwd: '/',
  });
  child.stdin?.on('error', () => undefined);
  const line = once(child.stdout as NodeJS.EventEmitter, 'data').then(([data]) => String(data));
  const first = await Promise.race([line, child.exited.then(() => undefined)]);
  if (first === undefined) throw new Error('the workspace process did not start');
  return { child, url: first.trim() };
}

/**
 * PySpark as a folder of site packages with what the product puts beside it (Delta, numpy, our classes), installed once per machine by
 * the ordinary clients.
 */
export async function sparkSite(): Promise<string> {
  const site = join(tmpdir(), 'spark-site');
  const jars = join(site, 'pyspark', 'jars');
  const pip = ['/usr/bin/python3', '-m', 'pip', 'install', '--quiet', '--target', site];
  if (!existsSync(join(site, 'pyspark', 'bin', 'spark-submit'))) await install([...pip, 'pyspark==4.0.4']);
  if (!existsSync(join(site, 'numpy'))) await install([...pip, 'numpy']);
  for (const artifact of ['delta-spark_4.0_2.13', 'delta-storage']) {
    if (existsSync(join(jars, `${artifact}-4.4.0.jar`))) continue;
    const coordinates = `-Dartifact=io.delta:${artifact}:4.4.0`;
    await install(['mvn', '-q', '-B', 'dependency:copy', coordinates, `-DoutputDirectory=${jars}`]);
  }
  await buildSparkExtension({ site, jdk: jdk17() });
  return site;
}

function jdk17(): string {
  const folders = readdirSync('/usr/lib/jvm').map((name) => join('/usr/lib/jvm', name));
  const found = folders.find((folder) => {
    const release = join(folder, 'release');
    return existsSync(release) && readFileSync(release, 'utf8').includes('JAVA_VERSION="17');
  });
  if (found === undefined) throw new Error('there is no JDK 17 below /usr/lib/jvm');
  return found;
}

async function install(argv: string[]): Promise<void> {
  const result = await run(['flock', join(tmpdir(), 'spark.lock'), ...argv], { inheritEnv: true, timeoutMs: 900_000 });
  if (!result.ok) throw new Error(`${argv.join(' ')}: ${result.stdout}${result.stderr}`.slice(-2_000));
}
