import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HeldProgram } from '../__fixtures__/held-driver.ts';
import { createJarJob, jarJob, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
beforeEach(async () => {
  test = await startTestWorkspace();
});
afterEach(() => test.close());

const cluster = { spark_version: '17.3.x-scala2.13', node_type_id: 'local', num_workers: 0 };
const volume = '/Volumes/main/logs/drivers';
const toVolume = { volumes: { destination: volume } };

function jobWith(cluster_log_conf: unknown): Promise<number> {
  const [task] = jarJob().tasks as [object];
  return createJarJob(test, { tasks: [{ ...task, new_cluster: { ...cluster, cluster_log_conf } }] });
}

async function runNow(jobId: number): Promise<unknown> {
  return (await test.post('/api/2.2/jobs/run-now', { job_id: jobId })).body.run_id;
}

async function clusterOf(runId: unknown): Promise<string> {
  const view = await test.runIn('TERMINATED', runId);
  return (view.tasks as { cluster_instance: { cluster_id: string } }[])[0]?.cluster_instance.cluster_id as string;
}

async function delivered(path: string, text: string): Promise<void> {
  await vi.waitFor(async () => expect((await test.get(`/api/2.0/fs/files${path}`)).text).toBe(text));
}

function scratchOf({ spec }: HeldProgram): string {
  const mount = spec.mounts.find(({ target }) => target === '/run-dir');
  return (mount as { source: string }).source;
}

describe('the logs of a cluster', () => {
  it('are there below its id when its run has ended, whole and under the names of the service', async () => {
    const runId = await runNow(await jobWith(toVolume));
    const program = await test.driver.started(1);
    await writeFile(join(scratchOf(program), 'log4j-active.log'), 'INFO started\n');
    const stdout = 'a line that is long\n'.repeat(300_000);
    await test.driver.end(program.spec.id, { stdout, stderr: 'oh\n' });
    const folder = `${volume}/${await clusterOf(runId)}/driver`;
    await delivered(`${folder}/stderr`, 'oh\n');
    await delivered(`${folder}/stdout`, stdout);
    await delivered(`${folder}/log4j-active.log`, 'INFO started\n');
    // The API itself gives the end only: that is what delivery is for.
    const { body } = await test.get(`/api/2.2/jobs/runs/get-output?run_id=${String(runId)}`);
    expect([body.logs_truncated, Buffer.byteLength(body.logs as string)]).toEqual([true, 5_000_000]);
    expect(body.logs).toMatch(/is long\noh\n$/);
  });

  it('are delivered while it runs, and no byte twice, over a restart of the workspace', async () => {
    const runId = await runNow(await jobWith({ dbfs: { destination: 'dbfs:/cluster-logs' } }));
    const program = await test.driver.started(1);
    await test.runIn('RUNNING', runId);
    const stdout = join(program.recordDir, 'stdout');
    await writeFile(stdout, 'one\n');
    await test.restart();
    const read = async (): Promise<string> => {
      const [entry] = ((await test.get('/api/2.0/dbfs/list?path=/cluster-logs')).body.files ?? []) as {
        path: string;
      }[];
      const answer = await test.get(`/api/2.0/dbfs/read?path=${entry?.path}/driver/stdout`);
      return Buffer.from(String(answer.body.data ?? ''), 'base64').toString();
    };
    await vi.waitFor(async () => expect(await read()).toBe('one\n'));
    await test.driver.end(program.spec.id, { stdout: 'one\ntwo\n' });
    await vi.waitFor(async () => expect(await read()).toBe('one\ntwo\n'));
    expect(await clusterOf(runId)).toMatch(/-/);
  });

  it('of two runs on one cluster stand in one file', async () => {
    const made = await test.post('/api/2.1/clusters/create', {
      ...cluster,
      cluster_name: 'x',
      cluster_log_conf: toVolume,
    });
    const [task] = jarJob().tasks as [{ new_cluster: unknown }];
    const { new_cluster: _own, ...rest } = task;
    const jobId = await createJarJob(test, { tasks: [{ ...rest, existing_cluster_id: made.body.cluster_id }] });
    const path = `${volume}/${String(made.body.cluster_id)}/driver/stdout`;
    for (const [index, text] of ['first\n', 'first\nsecond\n'].entries()) {
      await runNow(jobId);
      const { spec } = await test.driver.started(index + 1);
      await test.driver.end(spec.id, { stdout: ['first\n', 'second\n'][index] as string });
      await delivered(path, text);
    }
  });

  it('go nowhere else when a program has put a link in their place, and the run ends all the same', async () => {
    const runId = await runNow(await jobWith(toVolume));
    const { spec } = await test.driver.started(1);
    const secret = join(test.folder, 'elsewhere');
    await mkdir(secret);
    const view = (await test.get(`/api/2.2/jobs/runs/get?run_id=${String(runId)}`)).body;
    const id = (view.tasks as { cluster_instance: { cluster_id: string } }[])[0]?.cluster_instance.cluster_id as string;
    const place = join(test.folder, 'volumes', 'main/logs/drivers', id, 'driver');
    await mkdir(dirname(place), { recursive: true });
    await symlink(secret, place);
    await test.driver.end(spec.id, { stdout: 'out\n' });
    expect((await test.runIn('TERMINATED', runId)).state).toMatchObject({ result_state: 'SUCCESS' });
    await vi.waitFor(async () =>
      expect(await readdir(dirname(scratchOf({ spec } as HeldProgram)))).not.toContain('scratch'),
    );
    expect(await readdir(secret)).toEqual([]);
  });

  it('go where a policy says, in the words of policies', async () => {
    const definition = JSON.stringify({
      'cluster_log_conf.type': { type: 'fixed', value: 'VOLUMES' },
      'cluster_log_conf.path': { type: 'fixed', value: volume },
    });
    const { policy_id } = (await test.post('/api/2.0/policies/clusters/create', { name: 'logs', definition })).body;
    const made = await test.post('/api/2.1/clusters/create', { ...cluster, cluster_name: 'x', policy_id });
    const view = await test.get(`/api/2.1/clusters/get?cluster_id=${String(made.body.cluster_id)}`);
    expect(view.body.cluster_log_conf).toEqual(toVolume);
    const elsewhere = { volumes: { destination: '/Volumes/main/logs/elsewhere' } };
    const refused = await test.post('/api/2.1/clusters/create', {
      ...{ ...cluster, cluster_name: 'x', policy_id, cluster_log_conf: elsewhere },
    });
    expect(refused.body.message).toMatch(/Validation failed for cluster_log_conf\.path by the cluster policy/);
    const bare = await test.post('/api/2.1/clusters/create', { ...cluster, cluster_name: 'x' });
    const without = await test.get(`/api/2.1/clusters/get?cluster_id=${String(bare.body.cluster_id)}`);
    expect(without.body).not.toHaveProperty('cluster_log_conf');
  });

  it.each([
    [{ s3: { destination: 's3://bucket/logs', region: 'x' } }, /cluster_log_conf\.s3 is not supported by the local/],
    [{ dbfs: { destination: '/logs' } }, /must be a path of the form dbfs:/],
    [{ volumes: { destination: '/Volumes/main' } }, /must be a path of the form \/Volumes\/catalog/],
    [{ volumes: { destination: '/Volumes/a/b/c/../../d' } }, /Invalid path/],
    [{ dbfs: { destination: 'dbfs:/x' }, ...toVolume }, /only one destination/],
    [{ volumes: {} }, /destination/],
  ])('%j is refused', async (cluster_log_conf, message) => {
    const answer = await test.post('/api/2.1/clusters/create', { ...cluster, cluster_name: 'x', cluster_log_conf });
    expect([answer.status, answer.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(answer.body.message).toMatch(message);
  });
});
