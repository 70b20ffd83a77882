import type { NewCluster, Task } from '../jobs/schema.ts';
import type { StagedProgram } from '../programs/program.ts';
import { javaOptionsFile, systemPropertiesOf } from './java-options-file.ts';
import { scratchTarget } from './run-folders.ts';
import { propertiesText } from './spark-properties.ts';

export const sparkHome = '/opt/site/pyspark';
/** Where a run sees the class archive. */
export const classArchiveTarget = '/opt/slowlane/spark.jsa';
/** Where the wheels of a run are unpacked; on PYTHONPATH, so that Spark's Python workers see them too. */
export const libraryTarget = `${scratchTarget}/lib`;

/** Where a run sees the folder of its event log. */
export const eventsTarget = `${scratchTarget}/events`;

export interface SubmitInput {
  program: StagedProgram;
  cluster: NewCluster;
  /** `local[2]`, or the master of the run's cluster. */
  master: string;
  /** Workers that belong to the run's cluster; 0 where the driver does everything itself. */
  workers: number;
  cpus: number;
  heapBytes: number;
  /** Keys of `spark_conf` whose values came out of a secret scope. */
  secretConf?: readonly string[];
  /** Whether the class archive is mounted. */
  hasClassArchive: boolean;
  /** Whether the folder for the event log is mounted. */
  hasEventLog: boolean;
}

const propertiesName = 'spark.properties';
const javaOptionsName = 'java.options';

/**
 * The call of spark-submit for a program, which reads `submitFiles`. Its parameters come last, after the application, where spark-submit takes
 * nothing for its own option. Everyone on a machine may read the command line of any process, so no setting of the cluster stands here.
 */
export function submitArguments(input: SubmitInput): string[] {
  const { program } = input;
  return [
    ...[`${sparkHome}/bin/spark-submit`, '--master', input.master],
    ...['--properties-file', `${scratchTarget}/${propertiesName}`],
    ...['--driver-java-options', javaOptions(input)],
    ...['--driver-memory', `${Math.floor(input.heapBytes / 1_024 ** 2)}m`],
    ...(program.driverClassPath.length === 0 ? [] : ['--driver-class-path', program.driverClassPath.join(':')]),
    ...(program.className === undefined ? [] : ['--class', program.className]),
    ...(program.jars.length === 0 ? [] : ['--jars', program.jars.join(',')]),
    ...[program.primary, ...program.parameters],
  ];
}

/** Files of the scratch folder that the call reads, by name: all settings, and the JVM's own options where a secret is among them. */
export function submitFiles(input: SubmitInput): Record<string, string> {
  const options = input.cluster.spark_conf?.[javaOptionsKey] ?? '';
  return {
    [propertiesName]: propertiesText(settings(input)),
    ...(hasSecretJavaOptions(input) ? { [javaOptionsName]: javaOptionsFile(options) } : {}),
  };
}

/** The program of a task that needs no more than its own JARs, or the runner of Python programs. */
export function plainProgram(task: Task): StagedProgram {
  const jars = (task.libraries ?? []).flatMap((library) => (library.jar === undefined ? [] : [library.jar]));
  const common = { driverClassPath: [], conf: {}, env: {} };
  if (task.spark_jar_task === undefined)
    return { ...common, primary: `${scratchTarget}/runner.py`, jars, parameters: [] };
  const { main_class_name: className, parameters = [] } = task.spark_jar_task;
  const [primary, ...others] = jars as [string, ...string[]];
  return { ...common, className, primary, jars: others, parameters };
}

/** The Java heap of a driver: what the job asks for by `spark.driver.memory`, but never more than the workspace's limit. */
export function heapOf(cluster: NewCluster, limitBytes: number): number {
  return Math.min(limitBytes, readBytes(cluster.spark_conf?.['spark.driver.memory']) ?? limitBytes);
}

const javaOptionsKey = 'spark.driver.extraJavaOptions';

const ownConf = new Set([
  'spark.master',
  'spark.submit.deployMode',
  'spark.driver.memory',
  javaOptionsKey,
  'spark.local.dir',
  'spark.eventLog.enabled',
  'spark.eventLog.dir',
  'spark.eventLog.compress',
  'spark.eventLog.rolling.enabled',
]);

/** Where the cluster is ours: its workers have what their sandboxes have, and its network is `lo`. */
const clusterOwnConf = new Set(['spark.executor.memory', 'spark.driver.host', 'spark.driver.bindAddress']);

/** The JVM's own warnings go to standard output unless told otherwise, and one that the archive does not fit would stand in every log. */
const classArchiveOptions = [
  `-XX:SharedArchiveFile=${classArchiveTarget}`,
  '-Xlog:disable',
  '-Xlog:all=warning:stderr',
  '-Xlog:cds*=off:stderr',
];

function settings(input: SubmitInput): Record<string, string> {
  const asked = Object.entries(input.cluster.spark_conf ?? {}).filter(
    ([key]) =>
      !ownConf.has(key) && !key.startsWith('spark.databricks.') && !(input.workers > 0 && clusterOwnConf.has(key)),
  );
  const { program } = input;
  return {
    ...program.conf,
    ...clusterConf(input),
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    'spark.sql.warehouse.dir': `file:${scratchTarget}/warehouse`,
    'spark.jars.ivy': `${scratchTarget}/ivy`,
    ...Object.fromEntries(asked),
    ...redaction(input),
    // Another run, under another uid, must be able to replace what this one writes to a volume.
    'spark.hadoop.fs.permissions.umask-mode': '002',
    // Plain text in one file, which can be read while the run goes on.
    ...(input.hasEventLog
      ? {
          'spark.eventLog.enabled': 'true',
          'spark.eventLog.dir': `file:${eventsTarget}`,
          'spark.eventLog.compress': 'false',
          'spark.eventLog.rolling.enabled': 'false',
        }
      : {}),
  };
}

function javaOptions(input: SubmitInput): string {
  const asked = input.cluster.spark_conf?.[javaOptionsKey] ?? '';
  return [
    ...(input.hasClassArchive ? classArchiveOptions : []),
    // The JVM sees the whole machine, not the cgroup.
    `-XX:ActiveProcessorCount=${input.cpus}`,
    `-Djava.io.tmpdir=${scratchTarget}/tmp`,
    `-Dderby.system.home=${scratchTarget}`,
    `-Dlog4j2.configurationFile=file:${scratchTarget}/log4j2.properties`,
    hasSecretJavaOptions(input) ? `@${scratchTarget}/${javaOptionsName}` : asked,
  ]
    .join(' ')
    .trim();
}

function hasSecretJavaOptions({ secretConf = [] }: SubmitInput): boolean {
  return secretConf.includes(javaOptionsKey);
}

/**
 * Spark writes its whole configuration and the JVM's system properties to the event log and shows them in its UI, where everyone who may see
 * the run would read the secrets. It leaves out what its expression finds in a key or a value.
 */
function redaction(input: SubmitInput): Record<string, string> {
  const { cluster, secretConf = [] } = input;
  if (secretConf.length === 0) return {};
  const asked = cluster.spark_conf?.[redactionKey] ?? '(?i)secret|password|token|access[.]?key';
  const properties = hasSecretJavaOptions(input) ? systemPropertiesOf(cluster.spark_conf?.[javaOptionsKey] ?? '') : [];
  const keys = [...secretConf, ...properties].map((key) => key.replace(/[^A-Za-z0-9_]/g, '\\$&'));
  return { [redactionKey]: [asked, ...keys].join('|') };
}

const redactionKey = 'spark.redaction.regex';

/** A fair share of each worker, so that several runs can be on one cluster at once; what the cluster itself says stands over it. */
function clusterConf(input: SubmitInput): Record<string, string> {
  if (input.master.startsWith('local')) return {};
  const own = { 'spark.submit.deployMode': 'client' };
  if (input.workers === 0) return own;
  return {
    ...own,
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.executor.memory': `${Math.floor(executorBytes(input.cluster, input.heapBytes) / 1_024 ** 2)}m`,
    'spark.executor.cores': String(input.cpus),
    'spark.cores.max': String(input.cpus * input.workers),
    'spark.executorEnv.PYTHONPATH': `${libraryTarget}:/opt/site`,
    'spark.executor.extraJavaOptions': `-XX:ActiveProcessorCount=${input.cpus} -Djava.io.tmpdir=${scratchTarget}/tmp -Dlog4j2.configurationFile=file:${scratchTarget}/log4j2.properties`,
  };
}

/** Memory of one executor: what the cluster asks for, but never more than a driver may have. */
export function executorBytes(cluster: NewCluster, limitBytes: number): number {
  return Math.min(limitBytes, readBytes(cluster.spark_conf?.['spark.executor.memory']) ?? 512 * 1_024 ** 2);
}

function readBytes(text: string | undefined): number | undefined {
  const match = /^([1-9][0-9]{0,6})([kmgt])b?$/i.exec(text ?? '');
  if (match === null) return undefined;
  const bytes = Number(match[1]) * 1_024 ** ' kmgt'.indexOf((match[2] as string).toLowerCase());
  // Spark itself refuses less than 471,859,200 bytes.
  return Math.max(bytes, 480 * 1_024 ** 2);
}
