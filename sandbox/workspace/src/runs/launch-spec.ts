import { join } from 'node:path';
import type { RootSpec, SandboxCommand, SandboxSpec } from '@slowlane/contracts';
import type { NewCluster, Task } from '../jobs/schema.ts';
import type { Placement } from '../clusters/compute.ts';
import type { StagedProgram } from '../programs/program.ts';
import type { RunRecord } from './run-record.ts';
import { scratchTarget } from './run-folders.ts';
import { memoryLimit, tmpBytes } from './memory-limit.ts';
import { classArchiveTarget, eventsTarget, heapOf, submitArguments, submitFiles } from './submit-arguments.ts';
import { sparkEnvironment } from './spark-environment.ts';

const mib = 1_024 ** 2;

export interface LaunchInput {
  id: string;
  root: RootSpec;
  volumesDir: string;
  scratch: string;
  task: Task;
  program: StagedProgram;
  placement: Pick<Placement, 'master' | 'net' | 'cluster' | 'workers' | 'mounts' | 'secretConf'>;
  /** Folder for the event log. */
  events?: string | undefined;
  limits: { driverMemoryBytes: number; cpus: number; wallMs: number };
  startAttempt: number;
  /** File of the class archive, when there is one. */
  classArchive?: string | undefined;
}

/** Exit code of a start that found the run claimed by another start. */
export const claimedCode = 97;

export interface Launch {
  spec: SandboxSpec;
  command: SandboxCommand;
  /** What must lie in the scratch folder when it starts, by name; secrets may stand in it. */
  files: Record<string, string>;
}

/** What a run may see and use: its volumes, its scratch folder, what its cluster has loaded, the toolchain; only its cluster's network, a uid of its own. */
export function launchSpec(input: LaunchInput): Launch {
  const { task, program, placement, limits } = input;
  const { cluster } = placement;
  const heapBytes = heapOf(cluster, limits.driverMemoryBytes);
  const cpus = Math.max(1, Math.floor(limits.cpus));
  const spec: SandboxSpec = {
    id: input.id,
    root: input.root,
    mounts: [
      { kind: 'rw', source: input.volumesDir, target: '/Volumes' },
      { kind: 'rw', source: input.scratch, target: scratchTarget },
      { kind: 'ro', source: join(input.scratch, 'workspace'), target: '/Workspace' },
      ...(input.classArchive === undefined
        ? []
        : [{ kind: 'ro' as const, source: input.classArchive, target: classArchiveTarget }]),
      ...(input.events === undefined ? [] : [{ kind: 'rw' as const, source: input.events, target: eventsTarget }]),
      ...(placement.mounts ?? []),
    ],
    env: { ...environment(cluster, placement.net.mode === 'host'), ...program.env },
    limits: {
      wallMs: limits.wallMs,
      memoryBytes: memoryLimit(task, cluster, limits.driverMemoryBytes),
      pids: 2_048,
      cpus: limits.cpus,
      // No work volume is made; the numbers must only be valid.
      workBytes: mib,
      workInodes: 1_000,
      outputBytes: 64 * mib,
      tmpBytes,
    },
    work: { kind: 'none' },
    identity: 'shared-group',
  };
  const submit = {
    ...{ program, cluster, cpus, heapBytes, master: placement.master, workers: placement.workers },
    secretConf: placement.secretConf ?? [],
    hasClassArchive: input.classArchive !== undefined,
    hasEventLog: input.events !== undefined,
  };
  const argv = claim(input.startAttempt, submitArguments(submit));
  return { spec, command: { argv, cwd: scratchTarget, net: placement.net }, files: submitFiles(submit) };
}

/** `new_cluster` of a task, or of the job cluster that it names; of a cluster with a life of its own nothing is known here. */
export function clusterOf(run: RunRecord, task: Task): NewCluster {
  if (task.new_cluster !== undefined) return task.new_cluster;
  const shared = run.settings.job_clusters?.find((cluster) => cluster.job_cluster_key === task.job_cluster_key);
  return shared?.new_cluster ?? { spark_version: '' };
}

/**
 * Making a link is atomic: whichever start of this run makes it first runs the program, and the link says which one it was. So a start whose
 * answer was lost cannot run the program a second time.
 */
function claim(startAttempt: number, argv: string[]): string[] {
  const script = `ln -sT "$1" "$2" 2>/dev/null || exit ${claimedCode}; shift 2; exec "$@"`;
  return ['/bin/sh', '-c', script, 'claim', String(startAttempt), `${scratchTarget}/claim`, ...argv];
}

function environment(cluster: NewCluster, isElsewhere: boolean): Record<string, string> {
  return sparkEnvironment(cluster.spark_env_vars ?? {}, {
    isElsewhere,
    defaults: {
      PYSPARK_DRIVER_PYTHON: '/usr/bin/python3',
      // The launcher is a JVM of its own that only puts a command line together: no optimising compiler, one thread of collection.
      SPARK_LAUNCHER_OPTS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
      DATABRICKS_RUNTIME_VERSION: cluster.spark_version.replace(/\.x-.*$/, ''),
    },
  });
}
