import type { NewCluster, Task } from '../jobs/schema.ts';
import { scratchTarget } from './run-folders.ts';

export const sparkHome = '/opt/site/pyspark';
/** Where a run sees the class archive. */
export const classArchiveTarget = '/opt/slowlane/spark.jsa';
/** Where the wheels of a run are unpacked; on PYTHONPATH, so that Spark's Python workers see them too. */
export const libraryTarget = `${scratchTarget}/lib`;

export interface SubmitInput {
  task: Task;
  cluster: NewCluster;
  cpus: number;
  heapBytes: number;
  /** Whether the class archive is mounted. */
  hasClassArchive: boolean;
}

/**
 * The call of spark-submit for a task. Parameters of the program come last, after the application, where spark-submit takes nothing for
 * its own option.
 */
export function submitArguments(input: SubmitInput): string[] {
  const { task } = input;
  const jars = (task.libraries ?? []).flatMap((library) => (library.jar === undefined ? [] : [library.jar]));
  const common = [`${sparkHome}/bin/spark-submit`, '--master', `local[${input.cpus}]`, ...confArguments(input)];
  if (task.spark_jar_task !== undefined) {
    const [primary, ...others] = jars as [string, ...string[]];
    const main = ['--class', task.spark_jar_task.main_class_name, ...jarArguments(others), primary];
    return [...common, ...main, ...(task.spark_jar_task.parameters ?? [])];
  }
  return [...common, ...jarArguments(jars), `${scratchTarget}/runner.py`];
}

/** The Java heap of a driver: what the job asks for by `spark.driver.memory`, but never more than the workspace's limit. */
export function heapOf(cluster: NewCluster, limitBytes: number): number {
  const match = /^([1-9][0-9]{0,6})([kmgt])b?$/i.exec(cluster.spark_conf?.['spark.driver.memory'] ?? '');
  if (match === null) return limitBytes;
  const asked = Number(match[1]) * 1_024 ** ' kmgt'.indexOf((match[2] as string).toLowerCase());
  // Spark itself refuses less than 471,859,200 bytes.
  return Math.min(limitBytes, Math.max(asked, 480 * 1_024 ** 2));
}

const ownConf = new Set([
  'spark.master',
  'spark.submit.deployMode',
  'spark.driver.memory',
  'spark.driver.extraJavaOptions',
  'spark.local.dir',
]);

/** The JVM's own warnings go to standard output unless told otherwise, and one that the archive does not fit would stand in every log. */
const classArchiveOptions = [
  `-XX:SharedArchiveFile=${classArchiveTarget}`,
  '-Xlog:disable',
  '-Xlog:all=warning:stderr',
  '-Xlog:cds*=off:stderr',
];

function confArguments(input: SubmitInput): string[] {
  const asked = Object.entries(input.cluster.spark_conf ?? {}).filter(
    ([key]) => !ownConf.has(key) && !key.startsWith('spark.databricks.'),
  );
  const conf = {
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    'spark.sql.warehouse.dir': `file:${scratchTarget}/warehouse`,
    'spark.jars.ivy': `${scratchTarget}/ivy`,
    ...Object.fromEntries(asked),
    // Another run, under another uid, must be able to replace what this one writes to a volume.
    'spark.hadoop.fs.permissions.umask-mode': '002',
  };
  const javaOptions = [
    ...(input.hasClassArchive ? classArchiveOptions : []),
    // The JVM sees the whole machine, not the cgroup.
    `-XX:ActiveProcessorCount=${input.cpus}`,
    `-Djava.io.tmpdir=${scratchTarget}/tmp`,
    `-Dderby.system.home=${scratchTarget}`,
    `-Dlog4j2.configurationFile=file:${scratchTarget}/log4j2.properties`,
    input.cluster.spark_conf?.['spark.driver.extraJavaOptions'] ?? '',
  ];
  return [
    ...Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
    ...['--driver-java-options', javaOptions.join(' ').trim()],
    ...['--driver-memory', `${Math.floor(input.heapBytes / 1_024 ** 2)}m`],
  ];
}

function jarArguments(jars: readonly string[]): string[] {
  return jars.length === 0 ? [] : ['--jars', jars.join(',')];
}
