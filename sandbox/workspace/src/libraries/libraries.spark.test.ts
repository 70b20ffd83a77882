import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canStartTestHelper } from '@slowlane/testkit';
import { sparkSite, type SparkWorkspace, startSparkWorkspace } from '../__fixtures__/spark-workspace.ts';
import { sayingJar } from './__fixtures__/saying-jar.ts';

const path = '/Volumes/main/apps/artifacts/says.jar';

describe.skipIf(!canStartTestHelper())('libraries of a cluster, on real Spark', { timeout: 180_000 }, () => {
  let test: SparkWorkspace;
  let jars: Buffer[];
  beforeAll(async () => {
    test = await startSparkWorkspace();
    const site = await sparkSite();
    jars = await Promise.all(['first', 'second'].map((word) => sayingJar(site, word)));
  }, 900_000);
  afterAll(() => test?.close());

  it('a warm cluster keeps the JAR that it has loaded, until it restarts', async () => {
    await test.upload(path, jars[0] as Buffer);
    const { cluster_id: clusterId } = await test.call('POST', '/api/2.1/clusters/create', {
      ...{ cluster_name: 'warm', spark_version: '17.3.x-scala2.13', num_workers: 0, node_type_id: 'local' },
    });
    await running(clusterId);
    expect(await said(clusterId)).toContain('first 7\n');
    await test.upload(path, jars[1] as Buffer);
    expect(await said(clusterId)).toContain('first 7\n');
    await test.call('POST', '/api/2.1/clusters/restart', { cluster_id: clusterId });
    await running(clusterId);
    expect(await said(clusterId)).toContain('second 7\n');
    await test.call('POST', '/api/2.1/clusters/delete', { cluster_id: clusterId });
  });

  async function said(clusterId: unknown): Promise<string> {
    const task = { task_key: 'main', existing_cluster_id: clusterId, libraries: [{ jar: path }] };
    const { run_id: runId } = await test.call('POST', '/api/2.2/jobs/runs/submit', {
      tasks: [{ ...task, spark_jar_task: { main_class_name: 'Says' } }],
    });
    const [ended] = (await test.ended(runId)).tasks as { run_id: number }[];
    return (await test.call('GET', `/api/2.2/jobs/runs/get-output?run_id=${ended?.run_id}`)).logs as string;
  }

  function running(clusterId: unknown): Promise<void> {
    return vi.waitFor(
      async () => {
        const { state } = await test.call('GET', `/api/2.1/clusters/get?cluster_id=${String(clusterId)}`);
        expect(state).toBe('RUNNING');
      },
      { timeout: 60_000, interval: 50 },
    );
  }
});
