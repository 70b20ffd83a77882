import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start, type Started } from '@slowlane/process';
import { workspaceCall } from '../commands/workspace-call.ts';
import { freePort } from '../processes/free-port.ts';
import { repository } from '../processes/installation.ts';
import { slotUids } from '../processes/slot-uids.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

const program = `import humanize
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
words = spark._jvm.org.apache.commons.text.WordUtils.capitalizeFully("slow lane")
print("said", humanize.intcomma(spark.range(1234567).count()), words)
`;

describe('slowlane workspace up', () => {
  let installation: TestInstallation;
  let target: { host: string; token: string };
  let up: Started;
  let runId: unknown;
  beforeAll(async () => {
    installation = await createTestInstallation();
    // Asked before anything runs: whoever asks makes the token, and the workspace must be able to read it.
    await installation.json('workspace', 'env');
    up = await begin();
  }, 900_000);
  afterAll(() => installation.close());

  it('is found by the other commands at the port that it was given', { timeout: 300_000 }, async () => {
    const faults = ['workspace', 'fault'];
    const route = 'GET /api/2.1/clusters/list';
    await installation.json(...faults, 'add', 'status', '--status', '503', '--route', route);
    expect(await installation.json(...faults, 'ls')).toMatchObject({ faults: [{ kind: 'status', route }] });
    await expect(call('GET', '/api/2.1/clusters/list')).rejects.toThrow('A fault that was asked for.');
    await expect(call('GET', '/api/2.1/clusters/list')).resolves.toBeDefined();
    await installation.json(...faults, 'add', 'never-starts');
    await installation.json(...faults, 'clear');
    expect(await installation.json(...faults, 'ls')).toEqual({ faults: [] });
    const { routes } = await installation.json<{ routes: { path: string }[] }>('workspace', 'routes');
    expect(routes.map(({ path }) => path)).toContain('/api/2.2/jobs/runs/submit');
  });

  it(
    'installs libraries of a Maven and a PyPI registry for a run, through its gateway',
    { timeout: 300_000 },
    async () => {
      const ended = await runWith([
        { maven: { coordinates: 'org.apache.commons:commons-text:1.12.0' } },
        { pypi: { package: 'humanize==4.10.0' } },
      ]);
      expect(ended.output).toMatchObject({ logs: expect.stringContaining('said 1,234,567 Slow Lane\n') });
      runId = ended.runId;
    },
  );

  it('ends a run whose library cannot be had with the installer’s reason', { timeout: 300_000 }, async () => {
    const { view } = await runWith([{ pypi: { package: 'humanize==0.0.99' } }]);
    expect(view.status).toMatchObject({
      termination_details: {
        code: 'LIBRARY_INSTALLATION_ERROR',
        message: expect.stringContaining('No matching distribution found for humanize==0.0.99'),
      },
    });
  });

  it(
    'leaves nothing behind at Ctrl-C or `down` but its state, which is there at the next start',
    { timeout: 300_000 },
    async () => {
      process.kill(-up.pid, 'SIGINT');
      expect((await up.ended).exitCode).toBe(0);
      expect(await processes()).toEqual([]);
      up = await begin();
      expect(await call('GET', `/api/2.2/jobs/runs/get?run_id=${String(runId)}`)).toMatchObject({
        state: { result_state: 'SUCCESS' },
      });
      await installation.json('down');
      expect((await up.ended).exitCode).toBe(0);
    },
  );

  /** Ready when it says so; a port of its own, because the configured one is for `slowlane up`. */
  async function begin(): Promise<Started> {
    const argv = [join(repository, 'slowlane'), 'workspace', 'up', '--yes', '--port', String(await freePort())];
    const child = start(argv, { env: installation.env, ownGroup: true });
    child.stdout?.resume();
    let told = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', (bytes: Buffer) => {
        told += bytes.toString('utf8');
        if (told.includes('DATABRICKS_TOKEN')) resolve();
      });
      void child.ended.then(() => reject(new Error(`it ended by itself:\n${told}`)));
    });
    const env = await installation.json<Record<string, string>>('workspace', 'env');
    target = { host: env['DATABRICKS_HOST'] ?? '', token: env['DATABRICKS_TOKEN'] ?? '' };
    expect(told).toContain(target.host);
    return child;
  }

  async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    return (await workspaceCall(target, { method, path, body })) as Record<string, unknown>;
  }

  async function runWith(
    libraries: object[],
  ): Promise<{ runId: unknown; view: Record<string, unknown>; output: Record<string, unknown> }> {
    const path = '/Shared/libraries.py';
    const content = Buffer.from(program).toString('base64');
    await call('POST', '/api/2.0/workspace/import', { path, format: 'AUTO', content, overwrite: true });
    const cluster = { spark_version: '17.3.x-scala2.13', num_workers: 0, node_type_id: 'local' };
    const script = { python_file: `/Workspace${path}` };
    const { run_id: submitted } = await call('POST', '/api/2.2/jobs/runs/submit', {
      tasks: [{ task_key: 'main', new_cluster: cluster, spark_python_task: script, libraries }],
    });
    for (;;) {
      const view = await call('GET', `/api/2.2/jobs/runs/get?run_id=${String(submitted)}`);
      if ((view.status as { state: string }).state !== 'TERMINATED') {
        await new Promise((resolve) => setTimeout(resolve, 200));
        continue;
      }
      const [task] = view.tasks as { run_id: number }[];
      return {
        runId: submitted,
        view,
        output: await call('GET', `/api/2.2/jobs/runs/get-output?run_id=${task?.run_id}`),
      };
    }
  }

  async function processes(): Promise<string[]> {
    const { firstUid, count } = slotUids(installation.home);
    const { stdout } = await installation.user(['/bin/ps', '-eo', 'uid,stat,args']);
    return stdout.split('\n').filter((line) => {
      const [uid, state, ...args] = line.trim().split(/ +/);
      if (state?.startsWith('Z') || args[0] === '/bin/ps') return false;
      const isSlot = Number(uid) >= firstUid && Number(uid) < firstUid + count;
      return isSlot || args.join(' ').includes(installation.home);
    });
  }
});
