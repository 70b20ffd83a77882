import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartTestHelper } from '@slowlane/testkit';
import { buildJar } from '../__fixtures__/build-programs.ts';
import { type SparkWorkspace, startSparkWorkspace } from '../__fixtures__/spark-workspace.ts';

describe.skipIf(!canStartTestHelper())('the class archive', { timeout: 120_000 }, () => {
  let test: SparkWorkspace;
  beforeAll(async () => {
    test = await startSparkWorkspace({}, true);
    await test.upload('/Volumes/main/apps/artifacts/demo.jar', await buildJar(join(tmpdir(), 'spark-site')));
  }, 900_000);
  afterAll(() => test?.close());

  it('gives a driver the classes of Spark, and is kept for the next process of the workspace', async () => {
    await test.kill();
    await test.restart();
    const { job_id } = await test.call('POST', '/api/2.2/jobs/create', {
      tasks: [
        {
          task_key: 'main',
          spark_jar_task: { main_class_name: 'demo.Main', parameters: ['sum', '/Volumes/main/apps/result'] },
          libraries: [{ jar: '/Volumes/main/apps/artifacts/demo.jar' }],
          new_cluster: {
            spark_version: '17.3.x-scala2.13',
            spark_conf: { 'spark.driver.extraJavaOptions': '-Xlog:class+load=info:stdout' },
          },
        },
      ],
    });
    const { run_id } = await test.call('POST', '/api/2.2/jobs/run-now', { job_id });
    expect(await test.ended(run_id)).toMatchObject({ state: { result_state: 'SUCCESS' } });
    const { logs } = (await test.call('GET', `/api/2.2/jobs/runs/get-output?run_id=${String(run_id)}`)) as {
      logs: string;
    };
    expect(logs).toMatch(/org\.apache\.spark\.SparkContext source: shared objects file \(top\)/);
    // What the settings of every run load besides.
    expect(logs).toMatch(/io\.delta\.sql\.DeltaSparkSessionExtension source: shared objects file \(top\)/);
    expect(logs).toContain('sum 5050');
  });
});
