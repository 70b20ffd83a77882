import type { Library, NewCluster, Task } from '../jobs/schema.ts';
import type { ClusterLibraries } from '../libraries/cluster-libraries.ts';
import { loadedDir, loadedTarget } from '../libraries/install-library.ts';
import type { RunRecord, TaskRecord } from '../runs/run-record.ts';
import type { Outcome } from '../runs/states.ts';
import { libraryTarget } from '../runs/submit-arguments.ts';
import { clusterLibraryDir } from './cluster-parts.ts';
import type { ClusterManager } from './cluster-manager.ts';
import { type ClusterRecord, isLive, type TerminationReason } from './cluster-record.ts';
import type { ClusterStore } from './cluster-store.ts';
import type { Compute, Placement } from './compute.ts';
import { clusterMaster, netOf } from './part-spec.ts';

export interface ComputeOptions {
  manager: ClusterManager;
  store: ClusterStore;
  libraries: ClusterLibraries;
  stateDir: string;
  cpus: number;
  externalMaster?: string | undefined;
  /** Fills in policy and pool; throws where they do not allow it. */
  effective: (spec: NewCluster) => NewCluster;
  /** Replaces references to secrets. */
  fillSecrets: (text: string) => string;
  /** Throws with status 403 where the owner of a job may not use a cluster. */
  checkAttach: (jobId: number, clusterId: string) => void;
}

export function createCompute(options: ComputeOptions): Compute {
  const { manager, store, libraries } = options;
  const changed: (() => void)[] = [];
  let isAnnounced = false;
  let isClosed = false;
  const lost: ((taskRunIds: number[], outcome: Outcome) => void)[] = [];
  manager.onChange((cluster) => {
    libraries.follow(cluster);
    announce();
  });
  manager.onLost((cluster) => {
    const tasks = store.activeOn(cluster.clusterId);
    if (tasks.length > 0) for (const listener of lost) listener(tasks, lostOutcome(cluster));
  });
  return {
    place,
    taskEnded,
    runEnded,
    instanceOf(taskRunId) {
      const placed = store.placed(taskRunId);
      return placed && { clusterId: placed.clusterId, sparkContextId: placed.sparkContextId };
    },
    onLost: (listener) => void lost.push(listener),
    onChange: (listener) => void changed.push(listener),
    resume: () => manager.resume(),
    async close() {
      isClosed = true;
      await libraries.close();
      await manager.close();
    },
  };

  /** In a later turn: `place` itself changes clusters, and whoever asks for a place must not be asked to start it meanwhile. */
  function announce(): void {
    if (isAnnounced) return;
    isAnnounced = true;
    setImmediate(() => {
      isAnnounced = false;
      if (!isClosed) for (const listener of changed) listener();
    });
  }

  function place(run: RunRecord, task: TaskRecord, resolved: Task): Placement | 'wait' | Outcome {
    try {
      const placed = store.placed(task.runId);
      const cluster = placed === undefined ? clusterFor(run, task, resolved) : store.get(placed.clusterId);
      if (cluster === undefined)
        return clientError(
          'INVALID_RUN_CONFIGURATION',
          `Cluster ${placed?.clusterId ?? resolved.existing_cluster_id} does not exist`,
        );
      if (placed !== undefined && placed.sparkContextId !== cluster.sparkContextId) return lostOutcome(cluster);
      return placeOn(cluster, task, resolved);
    } catch (error) {
      const { status } = error as { status?: number };
      if (status === undefined) throw error;
      const code = status === 403 ? 'UNAUTHORIZED_ERROR' : 'INVALID_CLUSTER_REQUEST';
      return clientError(code, (error as Error).message);
    }
  }

  /** Made, or started, when it is not there. */
  function clusterFor(run: RunRecord, task: TaskRecord, resolved: Task): ClusterRecord | undefined {
    if (resolved.existing_cluster_id !== undefined) {
      const cluster = store.get(resolved.existing_cluster_id);
      // Before a start that could be asked for by nobody else.
      if (cluster !== undefined) options.checkAttach(run.jobId, cluster.clusterId);
      if (cluster?.state === 'TERMINATED' && cluster.source !== 'JOB') {
        if (failedForTask(cluster, task)) return cluster;
        manager.start(cluster.clusterId);
      }
      return store.get(resolved.existing_cluster_id);
    }
    const key = resolved.job_cluster_key === undefined ? `task ${task.runId}` : `key ${resolved.job_cluster_key}`;
    const shared = run.settings.job_clusters?.find((one) => one.job_cluster_key === resolved.job_cluster_key);
    const known = store.ofRun(run.runId, key);
    // A shared cluster that was idle for a while, or that a repair of the run needs again, is made anew.
    if (known !== undefined && (isLive(known.state) || failedForTask(known, task))) return known;
    const spec = options.effective((resolved.new_cluster ?? shared?.new_cluster) as NewCluster);
    if (known !== undefined) store.save({ ...known, owner: { runId: run.runId, key: `${key} ${known.clusterId}` } });
    return manager.create({ cluster_name: `job-${run.jobId}-run-${run.runId}`, ...spec }, { runId: run.runId, key });
  }

  /** Its last start came to nothing after the task had asked for it: starting it again would go on for ever. */
  function failedForTask(cluster: ClusterRecord, task: TaskRecord): boolean {
    return cluster.reason?.type === 'SERVICE_FAULT' && (cluster.terminatedAt ?? 0) >= task.acceptedAt;
  }

  function placeOn(cluster: ClusterRecord, task: TaskRecord, resolved: Task): Placement | 'wait' | Outcome {
    if (cluster.state === 'TERMINATED' || cluster.state === 'ERROR') return lostOutcome(cluster);
    if (cluster.state === 'TERMINATING' && cluster.reason?.type === 'SERVICE_FAULT') return lostOutcome(cluster);
    if (cluster.state !== 'RUNNING' && cluster.state !== 'RESIZING') return 'wait';
    const wanted = resolved.libraries ?? [];
    const isPlain = isOneOff(cluster, wanted);
    if (!isPlain) {
      libraries.install(cluster.clusterId, wanted, task.acceptedAt);
      const ready = libraries.ready(cluster.clusterId, wanted);
      if (ready === 'wait') return 'wait';
      if (ready !== 'yes') return clientError('LIBRARY_INSTALLATION_ERROR', ready.failed);
    }
    manager.beforePlacing(cluster.clusterId);
    const current = store.get(cluster.clusterId) as ClusterRecord;
    if (current.state !== 'RUNNING' && current.state !== 'RESIZING') return lostOutcome(current);
    const placement = placementOn(current, isPlain ? wanted : libraries.loaded(cluster.clusterId), isPlain);
    if (store.placed(task.runId) === undefined) {
      store.place({ taskRunId: task.runId, clusterId: current.clusterId, sparkContextId: current.sparkContextId });
      manager.touch(current.clusterId);
    }
    return placement;
  }

  /** A cluster that one task uses once loads straight from the volume: nothing could tell the difference. */
  function isOneOff(cluster: ClusterRecord, wanted: readonly Library[]): boolean {
    const isAlone = cluster.owner?.key.startsWith('task ') === true && cluster.workers === 0;
    return isAlone && wanted.every((library) => library.jar !== undefined || library.whl !== undefined);
  }

  function placementOn(cluster: ClusterRecord, loaded: Library[], isPlain: boolean): Placement {
    const { stateDir, externalMaster } = options;
    const hasProcesses = cluster.workers > 0 && externalMaster === undefined;
    const spec = filled(cluster.spec);
    return {
      clusterId: cluster.clusterId,
      sparkContextId: cluster.sparkContextId,
      master: externalMaster ?? (hasProcesses ? clusterMaster : `local[${options.cpus}]`),
      net: externalMaster === undefined ? (hasProcesses ? netOf(cluster) : { mode: 'none' }) : { mode: 'host' },
      cluster: spec,
      workers: hasProcesses ? cluster.workers : 0,
      libraries: loaded,
      secretConf: secretKeys(cluster.spec.spark_conf ?? {}),
      ...(isPlain
        ? {}
        : {
            mounts: [
              { kind: 'ro' as const, source: loadedDir(stateDir, cluster), target: loadedTarget },
              { kind: 'rw' as const, source: clusterLibraryDir(stateDir, cluster), target: libraryTarget },
            ],
          }),
    };
  }

  function filled(spec: NewCluster): NewCluster {
    const fill = (map: Record<string, string>): Record<string, string> =>
      Object.fromEntries(Object.entries(map).map(([name, value]) => [name, options.fillSecrets(value)]));
    return {
      ...spec,
      ...(spec.spark_conf === undefined ? {} : { spark_conf: fill(spec.spark_conf) }),
      ...(spec.spark_env_vars === undefined ? {} : { spark_env_vars: fill(spec.spark_env_vars) }),
    };
  }

  function secretKeys(conf: Record<string, string>): string[] {
    return Object.keys(conf).filter((key) => options.fillSecrets(conf[key] as string) !== conf[key]);
  }

  function taskEnded(_run: RunRecord, task: TaskRecord): void {
    const placed = store.placed(task.runId);
    if (placed?.isActive === true) {
      store.release(task.runId);
      manager.touch(placed.clusterId);
    }
    const own = store.ofRun(task.jobRunId, `task ${task.runId}`);
    if (own !== undefined) manager.terminate(own.clusterId, finished, 'The run has ended.');
  }

  function runEnded(run: RunRecord): void {
    for (const cluster of store.clustersOfRun(run.runId))
      manager.terminate(cluster.clusterId, finished, 'The run has ended.');
  }
}

const finished: TerminationReason = { code: 'JOB_FINISHED', type: 'SUCCESS' };

/** What the end of a cluster is to a task that runs on it or waits for it. */
function lostOutcome(cluster: ClusterRecord): Outcome {
  const message = `Cluster ${cluster.clusterId} was terminated. Reason: ${cluster.reason?.code ?? 'USER_REQUEST'} (${cluster.reason?.type ?? 'SUCCESS'}). ${cluster.stateMessage}`;
  if (cluster.reason?.type === 'SERVICE_FAULT')
    return { result: 'FAILED', code: 'CLUSTER_ERROR', type: 'INTERNAL_ERROR', message };
  return clientError('CLUSTER_TERMINATED_BY_USER', message);
}

function clientError(code: Outcome['code'], message: string): Outcome {
  return { result: 'FAILED', code, type: 'CLIENT_ERROR', message };
}
