import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start, type Started } from '@slowlane/process';
import { canStartTestHelper, freePort } from '@slowlane/testkit';
import { sparkSite, type SparkWorkspace, startSparkWorkspace } from '../__fixtures__/spark-workspace.ts';

/** A standalone cluster that the workspace knows nothing of but its address. */
describe.skipIf(!canStartTestHelper())('a workspace in front of an existing Spark', () => {
  let test: SparkWorkspace;
  let folder: string;
  let master: string;
  const parts: Started[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slowlane-apart-'));
    const site = await sparkSite();
    const port = await freePort();
    master = `spark://127.0.0.1:${port}`;
    const ports = ['--host', '127.0.0.1', '--webui-port', '0'];
    await part(site, ['org.apache.spark.deploy.master.Master', ...ports, '--port', String(port)], 'elected leader');
    const size = ['--cores', '1', '--memory', '1g', '--work-dir', join(folder, 'work')];
    await part(site, ['org.apache.spark.deploy.worker.Worker', ...ports, ...size, master], 'Successfully registered');
    test = await startSparkWorkspace({ cpus: 1 }, false, master);
  }, 300_000);
  afterAll(async () => {
    await test.close();
    for (const one of parts) {
      one.kill('SIGKILL');
      await one.exited;
    }
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  it('sends its runs there', async () => {
    const program = `from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print(spark.sparkContext.master, spark.range(100).selectExpr("sum(id)").first()[0])
`;
    await test.upload('/Volumes/main/apps/code/sum.py', Buffer.from(program));
    const { run_id: runId } = await test.call('POST', '/api/2.2/jobs/runs/submit', {
      tasks: [
        {
          task_key: 'main',
          new_cluster: {
            ...{ spark_version: '17.3.x-scala2.13', num_workers: 1 },
            spark_conf: { 'spark.driver.host': '127.0.0.1' },
          },
          spark_python_task: { python_file: '/Volumes/main/apps/code/sum.py' },
        },
      ],
    });
    const [task] = (await test.ended(runId)).tasks as { run_id: number }[];
    const output = await test.call('GET', `/api/2.2/jobs/runs/get-output?run_id=${task?.run_id}`);
    expect(output.logs).toContain(`${master} 4950\n`);
  }, 300_000);

  async function part(site: string, argv: string[], isUp: string): Promise<void> {
    const home = join(site, 'pyspark');
    const child = start([join(home, 'bin/spark-class'), ...argv], {
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', SPARK_HOME: home, SPARK_LOCAL_IP: '127.0.0.1', PYTHONPATH: site, HOME: folder },
      stdout: 'ignore',
    });
    parts.push(child);
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-100_000);
        if (said.includes(isUp)) resolve();
      });
      void child.exited.then(() => reject(new Error(said.slice(-2_000))));
    });
  }
});
