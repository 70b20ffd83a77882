import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canStartTestHelper } from '@slowlane/testkit';
import { type SparkWorkspace, startSparkWorkspace } from '../__fixtures__/spark-workspace.ts';

const program = (word: string): Buffer =>
  Buffer.from(`from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("${word}", spark.sparkContext.master, spark.sparkContext.parallelize(range(100), 4).sum())
`);

describe.skipIf(!canStartTestHelper())('a cluster with workers', () => {
  let test: SparkWorkspace;
  let clusterId: string;
  beforeAll(async () => {
    test = await startSparkWorkspace({ cpus: 1 });
    await test.upload('/Volumes/main/apps/code/one.py', program('one'));
    const created = await test.call('POST', '/api/2.1/clusters/create', {
      ...{ cluster_name: 'shared', spark_version: '17.3.x-scala2.13', num_workers: 1, node_type_id: 'local' },
    });
    clusterId = created.cluster_id as string;
    await inState('RUNNING');
  }, 300_000);
  afterAll(async () => {
    await test.call('POST', '/api/2.1/clusters/delete', { cluster_id: clusterId }).catch(() => undefined);
    await test.close();
  }, 60_000);

  it('runs two programs at once, each on its master', async () => {
    const runs = await Promise.all([submit('one'), submit('two')]);
    const views = await Promise.all(runs.map((run) => test.ended(run)));
    for (const view of views) {
      expect(view.state).toMatchObject({ result_state: 'SUCCESS' });
      const [task] = view.tasks as { run_id: number }[];
      const output = await test.call('GET', `/api/2.2/jobs/runs/get-output?run_id=${task?.run_id}`);
      expect(output.logs).toContain('one spark://127.0.0.1:7077 4950');
    }
  }, 300_000);

  it('is taken up again after kill -9 of the workspace, and changes its size for real', async () => {
    await test.kill();
    await test.restart();
    await test.call('POST', '/api/2.1/clusters/resize', { cluster_id: clusterId, num_workers: 2 });
    await inState('RUNNING');
    expect(await eventTypes()).toContain('UPSIZE_COMPLETED');
    expect((await test.ended(await submit('one'))).state).toMatchObject({ result_state: 'SUCCESS' });
  }, 300_000);

  it('replaces a worker that dies, and ends with its tasks when the master dies', async () => {
    await test.helper.driver.kill(`w-${clusterId}-1-1`, 'kill');
    await vi.waitFor(async () => expect(await eventTypes()).toContain('NODES_LOST'), { timeout: 60_000 });
    await test.upload(
      '/Volumes/main/apps/code/long.py',
      Buffer.from('import time\nprint("up", flush=True)\ntime.sleep(600)\n'),
    );
    const run = await submit('long', 'long.py');
    await test.inState(run, 'RUNNING');
    await test.helper.driver.kill(`m-${clusterId}-1-1`, 'kill');
    const view = await test.ended(run);
    expect(view.status).toMatchObject({ termination_details: { code: 'CLUSTER_ERROR' } });
    expect(await inState('TERMINATED')).toMatchObject({ termination_reason: { code: 'DRIVER_UNREACHABLE' } });
    expect(await test.helper.driver.isRunning(`w-${clusterId}-1-2`)).toBe(false);
  }, 300_000);

  async function submit(word: string, file = 'one.py'): Promise<unknown> {
    const answer = await test.call('POST', '/api/2.2/jobs/runs/submit', {
      run_name: word,
      tasks: [
        {
          task_key: 'main',
          existing_cluster_id: clusterId,
          spark_python_task: { python_file: `/Volumes/main/apps/code/${file}` },
        },
      ],
    });
    return answer.run_id;
  }

  function inState(state: string): Promise<Record<string, unknown>> {
    return vi.waitFor(
      async () => {
        const view = await test.call('GET', `/api/2.1/clusters/get?cluster_id=${clusterId}`);
        expect(view.state).toBe(state);
        return view;
      },
      { timeout: 120_000, interval: 100 },
    );
  }

  async function eventTypes(): Promise<string[]> {
    const { events } = await test.call('POST', '/api/2.1/clusters/events', { cluster_id: clusterId });
    return (events as { type: string }[]).map(({ type }) => type);
  }
});
