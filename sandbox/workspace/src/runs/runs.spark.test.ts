import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canStartTestHelper } from '@slowlane/testkit';
import { buildJar, buildWheel } from '../__fixtures__/build-programs.ts';
import { type SparkWorkspace, startSparkWorkspace } from '../__fixtures__/spark-workspace.ts';

describe.skipIf(!canStartTestHelper())('runs on real Spark', { timeout: 60_000 }, () => {
  let test: SparkWorkspace;
  beforeAll(async () => {
    test = await startSparkWorkspace();
    await test.upload('/Volumes/main/apps/artifacts/demo.jar', await buildJar(join(tmpdir(), 'spark-site')));
    await test.upload('/Volumes/main/apps/artifacts/demo_wheel-1.0-py3-none-any.whl', await buildWheel());
  }, 900_000);
  afterAll(() => test?.close());

  const cluster = { spark_version: '17.3.x-scala2.13', node_type_id: 'local', num_workers: 0 };
  let count = 0;

  function resultFolder(): string {
    return `/Volumes/main/results/r${++count}`;
  }

  async function start(task: Record<string, unknown>, changes: Record<string, unknown> = {}): Promise<unknown> {
    const settings = {
      name: 'demo',
      job_clusters: [{ job_cluster_key: 'one', new_cluster: cluster }],
      tasks: [{ task_key: 'main', job_cluster_key: 'one', ...task }],
      ...changes,
    };
    const { job_id } = await test.call('POST', '/api/2.2/jobs/create', settings);
    return (await test.call('POST', '/api/2.2/jobs/run-now', { job_id, idempotency_token: `t${job_id as number}` }))
      .run_id;
  }

  async function startJar(mode: string, folder: string, changes: Record<string, unknown> = {}): Promise<unknown> {
    await test.call('PUT', `/api/2.0/fs/directories${folder}`);
    const jar = { main_class_name: 'demo.Main', parameters: [mode, folder] };
    return start({ spark_jar_task: jar, libraries: [{ jar: '/Volumes/main/apps/artifacts/demo.jar' }] }, changes);
  }

  async function startScript(
    source: string,
    parameters: string[] = [],
    changes: Record<string, unknown> = {},
  ): Promise<unknown> {
    const path = `/Shared/script${++count}.py`;
    await test.call('POST', '/api/2.0/workspace/import', {
      path,
      format: 'AUTO',
      content: Buffer.from(source).toString('base64'),
    });
    return start({ spark_python_task: { python_file: `/Workspace${path}`, parameters } }, changes);
  }

  async function output(runId: unknown): Promise<{ logs: string; error?: string; error_trace?: string }> {
    return (await test.call('GET', `/api/2.2/jobs/runs/get-output?run_id=${String(runId)}`)) as never;
  }

  const onVolume = (path: string): string => join(test.volumesDir, path.replace('/Volumes/', ''));

  it('a JAR computes, and its files on the volume are readable and replaceable', async () => {
    const folder = resultFolder();
    const runId = await startJar('sum', folder);
    expect(await test.ended(runId), JSON.stringify(await output(runId))).toMatchObject({
      state: { result_state: 'SUCCESS' },
    });
    expect((await output(runId)).logs).toContain('sum 5050 on local[2]\n');
    expect(await readFile(onVolume(`${folder}/sum.txt`), 'utf8')).toBe('5050');
    expect((await stat(onVolume(`${folder}/rows`))).mode & 0o7777).toBe(0o775);
    const listed = await test.call('GET', `/api/2.0/fs/directories${folder}/rows`);
    expect((listed.contents as { name: string }[]).map((entry) => entry.name)).toContain('_SUCCESS');
    await test.upload(`${folder}/sum.txt`, Buffer.from('replaced'));
    expect(await readFile(onVolume(`${folder}/sum.txt`), 'utf8')).toBe('replaced');
  });

  it('a JAR sees nothing of the machine but its own', async () => {
    const runId = await startJar('probe', resultFolder());
    await test.ended(runId);
    const { logs } = await output(runId);
    expect(logs).toContain('net [lo]');
    expect(logs).toContain('root false home false');
    expect(logs).not.toContain('TOKEN');
  });

  it('a wheel runs by its entry point, also inside Spark workers', async () => {
    const folder = resultFolder();
    await test.call('PUT', `/api/2.0/fs/directories${folder}`);
    const libraries = [{ whl: '/Volumes/main/apps/artifacts/demo_wheel-1.0-py3-none-any.whl' }];
    const wheel = { package_name: 'demo-wheel', entry_point: 'report', parameters: ['--result', folder] };
    const runId = await start({ python_wheel_task: wheel, libraries });
    expect(await test.ended(runId), JSON.stringify(await output(runId))).toMatchObject({
      state: { result_state: 'SUCCESS' },
    });
    const { logs } = await output(runId);
    expect(logs).toContain(`argv ['demo-wheel', '--result', '${folder}']`);
    expect(logs).toContain("rows ['A!', 'B!', 'C!'] folder");
    expect(await readFile(onVolume(`${folder}/words.txt`), 'utf8')).toBe('A!,B!,C!');
  });

  it('a wheel without such an entry point runs the function of that name', async () => {
    const libraries = [{ whl: '/Volumes/main/apps/artifacts/demo_wheel-1.0-py3-none-any.whl' }];
    const wheel = { package_name: 'demo-wheel', entry_point: 'plain', named_parameters: { day: '1 2' } };
    const runId = await start({ python_wheel_task: wheel, libraries });
    await test.ended(runId);
    expect((await output(runId)).logs).toContain("plain ['demo-wheel', '--day=1 2']");
  });

  it('a file that is no wheel ends as LIBRARY_INSTALLATION_ERROR', async () => {
    await test.upload('/Volumes/main/apps/artifacts/bad-1.0-py3-none-any.whl', Buffer.from('no zip'));
    const wheel = { package_name: 'bad', entry_point: 'x' };
    const runId = await start({
      python_wheel_task: wheel,
      libraries: [{ whl: '/Volumes/main/apps/artifacts/bad-1.0-py3-none-any.whl' }],
    });
    expect(await test.ended(runId)).toMatchObject({
      status: { termination_details: { code: 'LIBRARY_INSTALLATION_ERROR' } },
    });
    expect((await output(runId)).error).toContain('not a zip file');
  });

  it('a Python script from the workspace gets its arguments, and its exception is the error of the run', async () => {
    const runId = await startScript('import sys\nprint("argv", sys.argv, __name__)\nraise ValueError("bad day")\n', [
      'a b',
      '--x',
    ]);
    expect(await test.ended(runId)).toMatchObject({ status: { termination_details: { code: 'RUN_EXECUTION_ERROR' } } });
    const { logs, error, error_trace } = await output(runId);
    expect(logs).toMatch(/argv \['.*\.py', 'a b', '--x'\] __main__/);
    expect(error).toBe('ValueError: bad day');
    expect(error_trace).toContain('raise ValueError("bad day")');
  });

  it('an exit code is the result: System.exit(3) FAILED', async () => {
    const runId = await startJar('exit', resultFolder());
    expect(await test.ended(runId)).toMatchObject({
      state: { result_state: 'FAILED', state_message: expect.stringContaining('code 3') },
    });
    expect((await output(runId)).logs).toMatch(/^leaving\n/);
  });

  it('an exit with 0 is a success, of a JAR with Spark still open and of a script; a text is a failure', async () => {
    const runs = await Promise.all([
      startJar('leave', resultFolder()),
      startScript('import sys\nprint("leaving")\nsys.exit(0)\n'),
      startScript('import sys\nsys.exit("nothing to do")\n'),
    ]);
    const ended = await Promise.all(runs.map((run) => test.ended(run)));
    expect(ended.map(({ state }) => (state as { result_state: string }).result_state)).toEqual([
      ...['SUCCESS', 'SUCCESS', 'FAILED'],
    ]);
    for (const run of runs.slice(0, 2)) expect((await output(run)).logs).toMatch(/^leaving\n/);
  });

  it('secrets in the environment and the configuration of a cluster reach the driver, and nothing that is kept of the run', async () => {
    const value = 'hunter-2-in-conf';
    await test.call('POST', '/api/2.0/secrets/scopes/create', { scope: 'erp' });
    await test.call('POST', '/api/2.0/secrets/put', { scope: 'erp', key: 'word', string_value: value });
    const source = `import os, pathlib
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
word = os.environ["DB_LOGIN"]
option = spark._jvm.java.lang.System.getProperty("acme.login")
print("lengths", len(word), len(spark.conf.get("spark.acme.login")), len(option), spark.range(3).count())
lines = [path.read_bytes().decode() for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")]
print("shown", any("spark-submit" in line or "SparkSubmit" in line for line in lines), any(word in line for line in lines))
`;
    const secret = '{{secrets/erp/word}}';
    const new_cluster = {
      ...cluster,
      spark_env_vars: { DB_LOGIN: secret },
      cluster_log_conf: { volumes: { destination: '/Volumes/main/logs/secrets' } },
      spark_conf: {
        'spark.acme.login': secret,
        'spark.driver.extraJavaOptions': `-Dacme.login="${secret} x"`,
      },
    };
    const runId = await startScript(source, [], { job_clusters: [{ job_cluster_key: 'one', new_cluster }] });
    const view = await test.ended(runId);
    const { logs } = await output(runId);
    expect(logs).toContain(`lengths ${value.length} ${value.length} ${value.length + 2} 3`);
    expect(logs).toContain('shown True False');
    const [{ run_id: taskRun, cluster_instance: instance }] = view.tasks as [
      { run_id: number; cluster_instance: { cluster_id: string } },
    ];
    const folder = onVolume(`/Volumes/main/logs/secrets/${instance.cluster_id}/driver`);
    const sparkLog = await vi.waitFor(() => readFile(join(folder, 'log4j-active.log'), 'utf8'), { timeout: 10_000 });
    expect(sparkLog).toContain('INFO SparkContext: Running Spark version');
    expect(sparkLog).not.toContain(value);
    expect(await readFile(join(folder, 'stdout'), 'utf8')).toContain('shown True False');
    const base = join(test.folder, 'state', 'runs', String(taskRun));
    // The folder of the program itself goes away with it.
    await vi.waitFor(async () => expect(await readdir(base)).not.toContain('scratch'), { timeout: 10_000 });
    const kept = (await readdir(base, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const texts = await Promise.all(kept.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
    expect(texts.join('\n')).toContain('spark.acme.login');
    expect(texts.join('\n')).not.toContain(value);
    expect(JSON.stringify(await test.call('GET', `/api/2.2/jobs/runs/get?run_id=${String(runId)}`))).not.toContain(
      value,
    );
  });

  it('an exception of a JAR is the error of the run', async () => {
    const runId = await startJar('throw', resultFolder());
    await test.ended(runId);
    const { error, error_trace } = await output(runId);
    expect(error).toBe('java.lang.IllegalStateException: no orders today');
    expect(error_trace).toContain('demo.Main.main(Main.java');
  });

  it('a program that takes too much memory is FAILED by the kernel counter', async () => {
    const runId = await startScript('blocks = []\nwhile True:\n    blocks.append(bytearray(50_000_000))\n');
    expect(await test.ended(runId)).toMatchObject({ state: { result_state: 'FAILED' } });
    expect((await output(runId)).error).toContain('ran out of memory');
  });

  it('a time limit ends a program: TIMEDOUT', async () => {
    const runId = await startJar('wait', resultFolder(), { timeout_seconds: 4 });
    expect(await test.ended(runId)).toMatchObject({
      state: { result_state: 'TIMEDOUT', user_cancelled_or_timedout: true },
    });
  });

  it('nothing is left of the folder of a run that was killed in the middle of Spark', async () => {
    const source = `from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.range(1000).repartition(3).cache().count()
open("/run-dir/up", "w").close()
while True: pass
`;
    const runId = await startScript(source);
    const run = await test.inState(runId, 'RUNNING');
    const id = (run.tasks as { run_id: number }[])[0]?.run_id;
    const scratch = join(test.folder, 'state', 'runs', String(id), 'scratch');
    await expect.poll(() => stat(join(scratch, 'up')).catch(() => undefined), { timeout: 50_000 }).toBeDefined();
    const modes = await Promise.all(
      (await readdir(join(scratch, 'spark'))).map(async (name) => (await stat(join(scratch, 'spark', name))).mode),
    );
    // What only the run's own user may open, or this test would prove nothing.
    expect(modes.filter((mode) => (mode & 0o077) === 0)).not.toEqual([]);
    await test.helper.driver.kill(`run-${id}`, 'kill');
    await test.ended(runId);
    await expect.poll(() => stat(scratch).catch(() => undefined), { timeout: 20_000 }).toBeUndefined();
  });

  it('cancel ends a program: TERMINATING until it is gone, then CANCELED', async () => {
    const folder = resultFolder();
    const runId = await startJar('wait', folder);
    await started(runId, folder);
    await test.call('POST', '/api/2.2/jobs/runs/cancel', { run_id: runId });
    const run = await test.ended(runId);
    expect(run).toMatchObject({
      state: { result_state: 'CANCELED' },
      status: { termination_details: { code: 'USER_CANCELED' } },
    });
  });

  it('kill -9 of the workspace in the middle of a run changes nothing about its true result', async () => {
    const [good, bad] = [resultFolder(), resultFolder()];
    const goodRun = await startJar('wait', good);
    await started(goodRun, good);
    await test.kill();
    await writeFile(onVolume(`${good}/go`), '');
    await test.restart();
    expect(await test.ended(goodRun)).toMatchObject({ state: { result_state: 'SUCCESS' } });
    expect((await output(goodRun)).logs).toMatch(/^went\n/);

    // Killed right after the answer: the run is written down, and its start may or may not have reached the helper.
    const badRun = await startJar('exit', bad);
    await test.kill();
    await test.restart();
    expect(await test.ended(badRun)).toMatchObject({ state: { result_state: 'FAILED' } });
    expect(await readFile(onVolume(`${bad}/starts.txt`), 'utf8')).toBe('start\n');
  });

  it('a program whose supervisor is killed is an INTERNAL_ERROR, never a success', async () => {
    const folder = resultFolder();
    const runId = await startJar('wait', folder);
    await started(runId, folder);
    const run = await test.inState(runId, 'RUNNING');
    const id = `run-${(run.tasks as { run_id: number }[])[0]?.run_id}`;
    const owner = JSON.parse(await readFile(join(test.helper.stateDir, 'sandboxes', id, 'owner.json'), 'utf8')) as {
      pid: number;
    };
    process.kill(owner.pid, 'SIGKILL');
    expect(await test.ended(runId)).toMatchObject({ status: { termination_details: { type: 'INTERNAL_ERROR' } } });
  });

  async function started(runId: unknown, folder: string): Promise<void> {
    for (;;) {
      const view = await test.call('GET', `/api/2.2/jobs/runs/get?run_id=${String(runId)}`);
      if (view.end_time !== 0) throw new Error(`ended before it began: ${JSON.stringify(view.state)}`);
      if (await stat(onVolume(`${folder}/starts.txt`)).catch(() => undefined)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});
