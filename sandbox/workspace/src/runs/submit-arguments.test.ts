import { describe, expect, it } from 'vitest';
import type { NewCluster, Task } from '../jobs/schema.ts';
import { heapOf, plainProgram, submitArguments, submitFiles } from './submit-arguments.ts';

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
const inputOf = (task: Task, conf: Record<string, string> = {}): Parameters<typeof submitArguments>[0] => ({
  ...{ program: plainProgram(task), cluster: cluster(conf), master: 'local[2]', workers: 0, cpus: 2, heapBytes: gib },
  ...{ hasClassArchive: false, hasEventLog: false },
});
const submit = (task: Task): string[] => submitArguments(inputOf(task));

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

  it('tells Spark to keep the values of secrets out of its event log', () => {
    const files = submitFiles({
      ...inputOf(jar, { 'spark.acme.login': 'hunter-2', 'spark.redaction.regex': 'iban' }),
      secretConf: ['spark.acme.login'],
    });
    expect(files['spark.properties']).toContain('\nspark.redaction.regex=iban|spark\\u005c.acme\\u005c.login\n');
    expect(submitFiles(inputOf(jar))['spark.properties']).not.toContain('redaction');
  });

  it('has no setting of the cluster on its command line: they stand in files', () => {
    const input = {
      ...inputOf(jar, { 'spark.acme.login': 'hunter-2', 'spark.driver.extraJavaOptions': '-Dlogin="hunter 2" -Dx=1' }),
      secretConf: ['spark.acme.login', 'spark.driver.extraJavaOptions'],
    };
    expect(submitArguments(input).join(' ')).not.toContain('hunter');
    expect(submitArguments(input).join(' ')).toContain('--properties-file /run-dir/spark.properties');
    expect(submitArguments(input)[6]).toMatch(/ @\/run-dir\/java\.options$/);
    expect(submitFiles(input)['spark.properties']).toContain('\nspark.acme.login=hunter-2\n');
    expect(submitFiles(input)['java.options']).toBe('"-Dlogin=hunter 2"\n"-Dx=1"\n');
    expect(submitFiles(input)['spark.properties']).toMatch(/\nspark\.redaction\.regex=.*\|login\|x\n/);
  });

  it('hands the settings of the job on, but keeps what the workspace decides', () => {
    const input = inputOf(jar, {
      'spark.sql.shuffle.partitions': '3',
      'spark.master': 'spark://elsewhere',
      'spark.databricks.cluster.profile': 'singleNode',
      'spark.hadoop.fs.permissions.umask-mode': '077',
      'spark.driver.extraJavaOptions': '-Dmine=1',
    });
    const argv = submitArguments(input);
    const settings = submitFiles(input)['spark.properties'];
    expect(settings).toContain('\nspark.sql.shuffle.partitions=3\n');
    expect(settings).toContain('\nspark.hadoop.fs.permissions.umask-mode=002\n');
    const options = argv.slice(0, argv.indexOf('--class')).join(' ');
    expect(`${options}${settings}`).not.toMatch(/elsewhere|singleNode|umask-mode=077/);
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
