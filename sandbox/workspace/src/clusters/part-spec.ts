import type { RootSpec, SandboxCommand, SandboxSpec } from '@slowlane/contracts';
import { consoleLogging } from '../runs/console-logging.ts';
import { scratchTarget } from '../runs/run-folders.ts';
import { sparkEnvironment } from '../runs/spark-environment.ts';
import { executorBytes, libraryTarget, sparkHome } from '../runs/submit-arguments.ts';
import type { ClusterRecord, PartRecord } from './cluster-record.ts';

const mib = 1_024 ** 2;
/** Inside the cluster's own network namespace, where nobody else listens. */
export const clusterMaster = 'spark://127.0.0.1:7077';
/** Runs that can have executors on one worker at the same time; the next ones wait inside Spark. */
export const sharesPerWorker = 4;
const overheadBytes = 384 * mib;

export interface PartInput {
  part: PartRecord;
  cluster: ClusterRecord;
  root: RootSpec;
  volumesDir: string;
  scratch: string;
  /** Python libraries of the cluster: the same folder in drivers and workers. */
  libraryDir: string;
  limits: { driverMemoryBytes: number; cpus: number; wallMs: number };
  /** Environment variables of the cluster, secrets filled in. */
  env: Record<string, string>;
}

/** Network namespace of one life of a cluster. */
export function netOf(cluster: Pick<ClusterRecord, 'clusterId' | 'generation'>): SandboxCommand['net'] {
  return { mode: 'shared', name: `${cluster.clusterId}-${cluster.generation}` };
}

/** A Spark standalone master or worker: a sandbox with a uid of its own, in the network of its cluster alone. */
export function partSpec(input: PartInput): { spec: SandboxSpec; command: SandboxCommand } {
  const { part, cluster, limits } = input;
  const isWorker = part.role === 'worker';
  const memory = executorBytes(cluster.spec, limits.driverMemoryBytes) + overheadBytes;
  const spec: SandboxSpec = {
    id: part.sandboxId,
    root: input.root,
    mounts: [
      { kind: 'rw', source: input.volumesDir, target: '/Volumes' },
      { kind: 'rw', source: input.scratch, target: scratchTarget },
      { kind: 'rw', source: input.libraryDir, target: libraryTarget },
    ],
    env: environment(input),
    limits: {
      // A cluster ends when it is terminated; 24 days is what a timer can hold.
      wallMs: 2_147_483_647,
      memoryBytes: isWorker ? memory * sharesPerWorker + 512 * mib : 768 * mib,
      pids: 4_096,
      cpus: limits.cpus,
      workBytes: mib,
      workInodes: 1_000,
      outputBytes: 16 * mib,
      tmpBytes: 256 * mib,
    },
    work: { kind: 'none' },
    identity: 'shared-group',
  };
  return { spec, command: { argv: partArgv(input, memory), cwd: scratchTarget, net: netOf(cluster) } };
}

function partArgv(input: PartInput, memoryBytes: number): string[] {
  const main = [`${sparkHome}/bin/spark-class`, `org.apache.spark.deploy.${input.part.role}`];
  const cores = Math.max(1, Math.floor(input.limits.cpus)) * sharesPerWorker;
  if (input.part.role === 'master') {
    const ports = ['--host', '127.0.0.1', '--port', '7077', '--webui-port', '8080'];
    return [main[0] as string, `${main[1]}.Master`, ...ports];
  }
  const share = `${Math.ceil((memoryBytes * sharesPerWorker) / mib)}m`;
  const size = ['--cores', String(cores), '--memory', share, '--work-dir', `${scratchTarget}/work`];
  return [
    main[0] as string,
    `${main[1]}.Worker`,
    ...['--host', '127.0.0.1', '--webui-port', '0'],
    ...size,
    clusterMaster,
  ];
}

function environment(input: PartInput): Record<string, string> {
  return {
    ...sparkEnvironment(input.env),
    SPARK_DAEMON_MEMORY: '256m',
    SPARK_DAEMON_JAVA_OPTS: [
      `-XX:ActiveProcessorCount=${Math.max(1, Math.floor(input.limits.cpus))}`,
      '-XX:+UseSerialGC',
      `-Djava.io.tmpdir=${scratchTarget}/tmp`,
      `-Dlog4j2.configurationFile=file:${scratchTarget}/parts.properties`,
    ].join(' '),
  };
}

/** Master and worker tell of themselves from INFO on, in a form that `whatItSaid` reads. */
export const partLogging = consoleLogging('info');
