import { rm } from 'node:fs/promises';
import { randomInt } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '../store/database.ts';
import { ApiError } from '../http/api-error.ts';
import { type FaultBoard, openClusterFaults } from './cluster-faults.ts';
import { createClusterParts, lifeFolder, type PartsOptions } from './cluster-parts.ts';
import { type ClusterRecord, isLive, type PartRecord, type TerminationReason } from './cluster-record.ts';
import type { ClusterStore } from './cluster-store.ts';
import type { ClusterSpec } from './schema.ts';

export interface ManagerOptions extends Omit<PartsOptions, 'store' | 'onUp' | 'onEnd'> {
  database: DatabaseSync;
  store: ClusterStore;
  now: () => number;
  /** An existing Spark stands behind every cluster: no process of a cluster is ours. */
  externalMaster?: string | undefined;
}

export interface ClusterManager {
  readonly faults: FaultBoard;
  /** Makes it and starts it. */
  create(spec: ClusterSpec, owner?: ClusterRecord['owner']): ClusterRecord;
  /** Nothing happens unless it is TERMINATED. */
  start(clusterId: string): void;
  /** Nothing happens unless it is RUNNING. */
  restart(clusterId: string): void;
  /** Ends it; harmless when it has ended. */
  terminate(clusterId: string, reason: TerminationReason, message: string): void;
  /** 400 `INVALID_STATE` unless RUNNING. */
  resize(clusterId: string, spec: ClusterSpec): void;
  /** 400 `INVALID_STATE` unless RUNNING (it restarts) or TERMINATED. */
  edit(clusterId: string, spec: ClusterSpec): void;
  /** Notes that somebody uses it now. */
  touch(clusterId: string): void;
  /** To be told before a task is placed: a fault may take the cluster away. */
  beforePlacing(clusterId: string): void;
  event(clusterId: string, type: string, details?: Record<string, unknown>): void;
  /** After every change of a cluster. */
  onChange(listener: (cluster: ClusterRecord) => void): void;
  /** A cluster was lost or ended with these words, before its state changes. */
  onLost(listener: (cluster: ClusterRecord) => void): void;
  resume(): void;
  close(): Promise<void>;
}

const tickMs = 1_000;
/** Replacements of lost workers in one life of a cluster; after that something is wrong with the cluster itself. */
const maxLost = 5;
const startTimeoutMs = 180_000;

export function createClusterManager(options: ManagerOptions): ClusterManager {
  const { store, now, logger } = options;
  const changed: ((cluster: ClusterRecord) => void)[] = [];
  const lost: ((cluster: ClusterRecord) => void)[] = [];
  const held = new Set<string>();
  const losses = new Map<string, number>();
  let closed = false;
  const faults = openClusterFaults({
    added: (fault) => {
      const named = fault.clusterId === undefined ? undefined : store.get(fault.clusterId);
      if (fault.kind === 'dies' && named?.state === 'RUNNING') beforePlacing(named.clusterId);
    },
    cleared: release,
  });
  const parts = createClusterParts({ ...options, onUp: partUp, onEnd: partEnded });
  const timer = setInterval(tick, tickMs);
  timer.unref();
  return {
    faults,
    ...{ create, start, restart, terminate, resize, edit, touch, beforePlacing, event, resume, close },
    onChange: (listener) => void changed.push(listener),
    onLost: (listener) => void lost.push(listener),
  };

  function create(spec: ClusterSpec, owner: ClusterRecord['owner'] = null): ClusterRecord {
    const at = now();
    const cluster: ClusterRecord = {
      clusterId: store.newId(at),
      ...{ spec, owner, source: owner === null ? 'API' : 'JOB' },
      ...{ state: 'PENDING', stateMessage: 'Starting Spark', reason: null },
      ...{ generation: 0, sparkContextId: '', workers: workersOf(spec) },
      ...{ createdAt: at, startedAt: null, terminatedAt: null, activeAt: at, pinnedAt: null },
    };
    inTransaction(options.database, () => {
      store.save(cluster);
      event(cluster.clusterId, 'CREATING', { cluster_size: sizeOf(spec) });
      begin(cluster);
    });
    tell(cluster.clusterId);
    return store.get(cluster.clusterId) as ClusterRecord;
  }

  function start(clusterId: string): void {
    const cluster = must(clusterId);
    if (cluster.state !== 'TERMINATED') return;
    inTransaction(options.database, () => begin({ ...cluster, state: 'PENDING' }));
    tell(clusterId);
  }

  /** A new life: its processes are written down and started. A cluster without workers has none. */
  function begin(given: ClusterRecord): void {
    const at = now();
    const cluster: ClusterRecord = {
      ...given,
      ...{ stateMessage: 'Starting Spark', reason: null, terminatedAt: null },
      ...{ startedAt: at, activeAt: at, workers: workersOf(given.spec), generation: given.generation + 1 },
      sparkContextId: String(1_000_000_000_000_000 + randomInt(200_000_000_000_000)),
    };
    store.save(cluster);
    event(cluster.clusterId, 'STARTING', { cluster_size: sizeOf(cluster.spec) });
    losses.delete(cluster.clusterId);
    if (faults.take('never-starts', cluster.clusterId)) return void held.add(cluster.clusterId);
    if (faults.take('start-fails', cluster.clusterId))
      return fail(cluster, 'Spark did not start (a fault that was asked for).');
    bringUp(cluster);
  }

  function bringUp(cluster: ClusterRecord): void {
    if (hasProcesses(cluster)) parts.start(cluster, 'master');
    else running(cluster);
  }

  function running(given: ClusterRecord): void {
    const cluster = { ...given, state: 'RUNNING' as const, stateMessage: '', activeAt: now() };
    store.save(cluster);
    event(cluster.clusterId, given.state === 'RESIZING' ? 'UPSIZE_COMPLETED' : 'RUNNING', {
      current_num_workers: countUp(cluster),
      target_num_workers: cluster.workers,
    });
  }

  function partUp(part: PartRecord): void {
    const cluster = currentOf(part);
    if (cluster === undefined || cluster.state === 'TERMINATING') return;
    if (part.role === 'master') balance(cluster);
    else if (countUp(cluster) >= cluster.workers && cluster.state !== 'RUNNING') running(cluster);
    // Without workers to wait for, the master alone is the cluster.
    if (part.role === 'master' && cluster.workers === 0) running(cluster);
    tell(cluster.clusterId);
  }

  /** Starts the workers that are missing and ends the newest that are too many. */
  function balance(cluster: ClusterRecord): void {
    const workers = partsOf(cluster).filter((part) => part.role === 'worker' && part.phase !== 'ending');
    for (let count = workers.length; count < cluster.workers; count++) parts.start(cluster, 'worker');
    for (const part of workers.slice(cluster.workers)) parts.end(part);
  }

  function partEnded(part: PartRecord): void {
    const cluster = store.get(part.clusterId);
    if (cluster === undefined) return;
    const isOurs = part.generation === cluster.generation && part.phase !== 'ending';
    if (isOurs && cluster.state !== 'TERMINATING') partLost(cluster, part);
    else ended(cluster);
    tell(cluster.clusterId);
  }

  function partLost(cluster: ClusterRecord, part: PartRecord): void {
    logger.warn({ cluster: cluster.clusterId, part: part.sandboxId }, 'part of a cluster ended by itself');
    const starts = cluster.state === 'PENDING' || cluster.state === 'RESTARTING';
    if (part.role === 'master') {
      if (!starts) event(cluster.clusterId, 'DRIVER_NOT_RESPONDING', { reason: { code: 'DRIVER_UNREACHABLE' } });
      return starts
        ? fail(cluster, 'The Spark master ended while it started.')
        : die(cluster, 'The Spark master ended.');
    }
    const count = (losses.get(cluster.clusterId) ?? 0) + 1;
    losses.set(cluster.clusterId, count);
    event(cluster.clusterId, 'NODES_LOST', {
      current_num_workers: countUp(cluster),
      target_num_workers: cluster.workers,
    });
    if (count > maxLost) return fail(cluster, `${count} workers of the cluster ended by themselves.`);
    balance(cluster);
  }

  function die(cluster: ClusterRecord, message: string): void {
    end(cluster, { code: 'DRIVER_UNREACHABLE', type: 'SERVICE_FAULT' }, message);
  }

  function fail(cluster: ClusterRecord, message: string): void {
    end(cluster, { code: 'SPARK_STARTUP_FAILURE', type: 'SERVICE_FAULT' }, message);
  }

  function terminate(clusterId: string, reason: TerminationReason, message: string): void {
    const cluster = must(clusterId);
    if (!isLive(cluster.state) || cluster.state === 'TERMINATING') return;
    inTransaction(options.database, () => end(cluster, reason, message));
    tell(clusterId);
  }

  function end(given: ClusterRecord, reason: TerminationReason, message: string): void {
    held.delete(given.clusterId);
    const cluster: ClusterRecord = { ...given, state: 'TERMINATING', stateMessage: message, reason };
    store.save(cluster);
    event(cluster.clusterId, 'TERMINATING', { reason });
    for (const listener of lost) listener(cluster);
    if (faults.take('stuck-terminating', cluster.clusterId)) held.add(cluster.clusterId);
    for (const part of store.parts(cluster.clusterId)) parts.end(part);
    later(cluster.clusterId);
  }

  /** Not in the same turn: whoever asked for the end sees TERMINATING first, as on the service. */
  function later(clusterId: string): void {
    setImmediate(() => {
      const cluster = closed ? undefined : store.get(clusterId);
      if (cluster === undefined) return;
      ended(cluster);
      tell(clusterId);
    });
  }

  function ended(cluster: ClusterRecord): void {
    if (cluster.state !== 'TERMINATING' && cluster.state !== 'RESTARTING') return;
    if (held.has(cluster.clusterId) || store.parts(cluster.clusterId).length > 0) return;
    if (cluster.state === 'RESTARTING') return begin(cluster);
    const done: ClusterRecord = { ...cluster, state: 'TERMINATED', terminatedAt: now() };
    store.save(done);
    const folder = lifeFolder(options.stateDir, cluster);
    void rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
      logger.warn({ folder, error: String(error) }, 'folder of a cluster could not be removed');
    });
  }

  function restart(clusterId: string): void {
    const cluster = must(clusterId);
    if (cluster.state !== 'RUNNING') return;
    inTransaction(options.database, () => restarts(cluster));
    tell(clusterId);
  }

  function restarts(given: ClusterRecord): void {
    const cluster: ClusterRecord = { ...given, state: 'RESTARTING', stateMessage: 'Restarting Spark' };
    store.save(cluster);
    event(cluster.clusterId, 'RESTARTING');
    const reason: TerminationReason = { code: 'USER_REQUEST', type: 'SUCCESS' };
    for (const listener of lost) listener({ ...cluster, reason });
    for (const part of store.parts(cluster.clusterId)) parts.end(part);
    later(cluster.clusterId);
  }

  function resize(clusterId: string, spec: ClusterSpec): void {
    const cluster = must(clusterId);
    if (cluster.state !== 'RUNNING') throw invalidState(cluster, 'resized');
    const workers = workersOf(spec);
    if (hasProcesses(cluster) !== workers > 0 && options.externalMaster === undefined)
      throw new ApiError(
        ...([400, 'INVALID_PARAMETER_VALUE'] as const),
        'A cluster cannot be resized between no workers and some: edit it instead.',
      );
    const next: ClusterRecord = { ...cluster, spec, workers, state: 'RESIZING', stateMessage: 'Resizing the cluster' };
    inTransaction(options.database, () => {
      store.save(next);
      event(clusterId, 'RESIZING', { current_num_workers: cluster.workers, target_num_workers: workers });
      if (hasProcesses(next)) balance(next);
      if (countUp(next) >= workers || !hasProcesses(next)) running(next);
    });
    tell(clusterId);
  }

  function edit(clusterId: string, spec: ClusterSpec): void {
    const cluster = must(clusterId);
    if (cluster.state !== 'RUNNING' && cluster.state !== 'TERMINATED') throw invalidState(cluster, 'edited');
    inTransaction(options.database, () => {
      store.save({ ...cluster, spec });
      event(clusterId, 'EDITED', { attributes: spec, previous_attributes: cluster.spec });
      if (cluster.state === 'RUNNING') restarts({ ...cluster, spec });
    });
    tell(clusterId);
  }

  function touch(clusterId: string): void {
    const cluster = store.get(clusterId);
    if (cluster !== undefined) store.save({ ...cluster, activeAt: now() });
  }

  function beforePlacing(clusterId: string): void {
    const cluster = store.get(clusterId);
    if (cluster?.state !== 'RUNNING' || !faults.take('dies', clusterId)) return;
    event(clusterId, 'DRIVER_NOT_RESPONDING', { reason: { code: 'DRIVER_UNREACHABLE' } });
    die(cluster, 'The cluster died (a fault that was asked for).');
    tell(clusterId);
  }

  function event(clusterId: string, type: string, details: Record<string, unknown> = {}): void {
    store.addEvent({ clusterId, at: now(), type, details });
  }

  /** Ends what is idle, and what does not come up. */
  function tick(): void {
    if (closed) return;
    for (const cluster of store.listLive()) {
      const minutes = cluster.spec.autotermination_minutes ?? 0;
      const isIdle = cluster.state === 'RUNNING' && store.activeOn(cluster.clusterId).length === 0;
      if (minutes > 0 && isIdle && now() - cluster.activeAt >= minutes * 60_000) {
        const parameters = { inactivity_duration_min: String(minutes) };
        terminate(
          cluster.clusterId,
          { code: 'INACTIVITY', type: 'SUCCESS', parameters },
          `Inactive for ${minutes} minutes`,
        );
      }
      const since = cluster.startedAt ?? cluster.createdAt;
      if (cluster.state === 'PENDING' && !held.has(cluster.clusterId) && now() - since > startTimeoutMs)
        inTransaction(options.database, () => fail(cluster, 'Spark did not start in time.'));
    }
  }

  /** Parts without a living cluster are ended; the others are watched again, and what was only written down is started. */
  function resume(): void {
    for (const part of store.parts()) {
      const cluster = store.get(part.clusterId);
      const isWanted = cluster !== undefined && isLive(cluster.state) && cluster.generation === part.generation;
      const isEnding = !isWanted || cluster.state === 'TERMINATING' || cluster.state === 'RESTARTING';
      parts.resume(cluster ?? orphaned(part), isEnding ? { ...part, phase: 'ending' } : part);
    }
    for (const cluster of store.listLive()) {
      if (cluster.state === 'TERMINATING' || cluster.state === 'RESTARTING') later(cluster.clusterId);
      // It was written down, and nothing of it was: a fault held it, or the process ended at that moment.
      else if (cluster.state === 'PENDING' && store.parts(cluster.clusterId).length === 0) bringUp(cluster);
    }
  }

  function release(): void {
    const waiting = [...held];
    held.clear();
    for (const clusterId of waiting) {
      const cluster = store.get(clusterId);
      if (cluster?.state === 'PENDING') bringUp(cluster);
      else if (cluster !== undefined) ended(cluster);
      tell(clusterId);
    }
  }

  function hasProcesses(cluster: ClusterRecord): boolean {
    return cluster.workers > 0 && options.externalMaster === undefined;
  }

  function partsOf(cluster: ClusterRecord): PartRecord[] {
    return store.parts(cluster.clusterId).filter((part) => part.generation === cluster.generation);
  }

  function countUp(cluster: ClusterRecord): number {
    return partsOf(cluster).filter((part) => part.role === 'worker' && part.phase === 'up').length;
  }

  function currentOf(part: PartRecord): ClusterRecord | undefined {
    const cluster = store.get(part.clusterId);
    return cluster?.generation === part.generation ? cluster : undefined;
  }

  function must(clusterId: string): ClusterRecord {
    const cluster = store.get(clusterId);
    if (cluster === undefined) throw noCluster(clusterId);
    return cluster;
  }

  function tell(clusterId: string): void {
    const cluster = store.get(clusterId);
    if (cluster !== undefined && !closed) for (const listener of changed) listener(cluster);
  }

  async function close(): Promise<void> {
    closed = true;
    clearInterval(timer);
    await parts.close();
  }
}

export function noCluster(clusterId: string): ApiError {
  return new ApiError(400, 'INVALID_PARAMETER_VALUE', `Cluster ${clusterId} does not exist`);
}

/** `autoscale` is honoured at its lower end: there is no load here that would make it grow. */
export function workersOf(spec: ClusterSpec): number {
  return spec.autoscale?.min_workers ?? spec.num_workers ?? 0;
}

function sizeOf(spec: ClusterSpec): Record<string, unknown> {
  return spec.autoscale === undefined ? { num_workers: spec.num_workers ?? 0 } : { autoscale: spec.autoscale };
}

function invalidState(cluster: ClusterRecord, what: string): ApiError {
  return new ApiError(
    400,
    'INVALID_STATE',
    `Cluster ${cluster.clusterId} is in unexpected state ${cluster.state}: it cannot be ${what} now.`,
  );
}

/** Enough to end what nobody knows any more. */
function orphaned(part: PartRecord): ClusterRecord {
  return {
    ...{ clusterId: part.clusterId, generation: part.generation, spec: { spark_version: '' }, source: 'API' },
    ...{ state: 'TERMINATED', stateMessage: '', reason: null, sparkContextId: '', workers: 0, owner: null },
    ...{ createdAt: 0, startedAt: null, terminatedAt: null, activeAt: 0, pinnedAt: null },
  };
}
