import { describe, expect, it } from 'vitest';
import type { NewCluster, Task } from '../jobs/schema.ts';
import { heapOf, plainProgram, submitArguments } from './submit-arguments.ts';

const gib = 1_024 ** 3;
const cluster = (spark_conf: Record<string, string> = {}): NewCluster => ({
  spark_version: '17.3.x-scala2.13',
  spark_conf,
});
const jar: Task = {
  task_key: 'main',
  spark_jar_task: { main_class_name: 'a.B', parameters: ['--conf', 'spark.master=x'] },
  libraries: [
    { jar: '/Volumes/a/b/c/one.jar' },
    { jar: '/Volumes/a/b/c/two.jar' },
    { jar: '/Volumes/a/b/c/three.jar' },
  ],
};
const submit = (task: Task, conf: Record<string, string> = {}): string[] =>
  submitArguments({
    ...{ program: plainProgram(task), cluster: cluster(conf), master: 'local[2]', workers: 0, cpus: 2, heapBytes: gib },
    ...{ hasClassArchive: false, hasEventLog: false },
  });

describe('the call of spark-submit', () => {
  it('takes the first JAR as the application and the others beside it; parameters come after the application', () => {
    const argv = submit(jar);
    expect(argv.slice(0, 3)).toEqual(['/opt/site/pyspark/bin/spark-submit', '--master', 'local[2]']);
    expect(argv.slice(-7)).toEqual([
      '--class',
      'a.B',
      '--jars',
      '/Volumes/a/b/c/two.jar,/Volumes/a/b/c/three.jar',
      '/Volumes/a/b/c/one.jar',
      '--conf',
      'spark.master=x',
    ]);
  });

  it('tells Spark to keep the values of secrets, and the command line that they came on, out of its event log', () => {
    const argv = submitArguments({
      ...{ program: plainProgram(jar), master: 'local[2]', workers: 0, cpus: 2, heapBytes: gib },
      ...{ hasClassArchive: false, hasEventLog: true, secretConf: ['spark.acme.login'] },
      cluster: cluster({ 'spark.acme.login': 'hunter-2', 'spark.redaction.regex': 'iban' }),
    });
    expect(argv).toContain('spark.redaction.regex=iban|spark\\.acme\\.login');
    expect(submit(jar).join(' ')).not.toContain('redaction');
  });

  it('hands the settings of the job on, but keeps what the workspace decides', () => {
    const argv = submit(jar, {
      'spark.sql.shuffle.partitions': '3',
      'spark.master': 'spark://elsewhere',
      'spark.databricks.cluster.profile': 'singleNode',
      'spark.hadoop.fs.permissions.umask-mode': '077',
      'spark.driver.extraJavaOptions': '-Dmine=1',
    });
    expect(argv).toContain('spark.sql.shuffle.partitions=3');
    expect(argv).toContain('spark.hadoop.fs.permissions.umask-mode=002');
    const options = argv.slice(0, argv.indexOf('--class'));
    expect(options.join(' ')).not.toMatch(/spark:\/\/elsewhere|singleNode|umask-mode=077/);
    expect(argv[argv.indexOf('--driver-java-options') + 1]).toMatch(/ActiveProcessorCount=2.* -Dmine=1$/);
    expect(argv[argv.indexOf('--driver-memory') + 1]).toBe('1024m');
  });

  it('runs Python tasks by the runner alone', () => {
    const argv = submit({
      task_key: 'main',
      python_wheel_task: { package_name: 'a', entry_point: 'b', parameters: ['x'] },
    });
    expect(argv.at(-1)).toBe('/run-dir/runner.py');
  });
});

describe('the heap of a driver', () => {
  it.each([
    [{}, gib],
    [{ 'spark.driver.memory': '512m' }, gib / 2],
    [{ 'spark.driver.memory': '16g' }, gib],
    [{ 'spark.driver.memory': '1m' }, 480 * 1_024 ** 2],
    [{ 'spark.driver.memory': 'much' }, gib],
  ])('for %o is %i bytes', (conf, bytes) => {
    expect(heapOf(cluster(conf as Record<string, string>), gib)).toBe(bytes);
  });
});
