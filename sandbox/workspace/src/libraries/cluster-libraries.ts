import { SlowLaneError, type Logger } from '@slowlane/contracts';
import type { ClusterRecord } from '../clusters/cluster-record.ts';
import type { ClusterStore } from '../clusters/cluster-store.ts';
import type { Library } from '../jobs/schema.ts';
import type { InstallLibrary } from './install-library.ts';
import { libraryKey } from './library-kind.ts';
import type { LibraryRecord, LibraryStore } from './library-store.ts';

export interface ClusterLibrariesOptions {
  store: LibraryStore;
  clusters: ClusterStore;
  install: InstallLibrary;
  /** Makes the folders that drivers of the cluster mount. */
  prepare: (cluster: ClusterRecord) => Promise<void>;
  logger: Logger;
  /** Epoch milliseconds. */
  now: () => number;
  onChange: () => void;
}

/** What is loaded on clusters. A path that a cluster has loaded keeps its bytes until the cluster restarts, whatever becomes of the file. */
export interface ClusterLibraries {
  /** What failed is tried again, unless that was at `askedAt` (epoch milliseconds) or later: whoever asks repeatedly gives the time of the first. */
  install(clusterId: string, libraries: readonly Library[], askedAt?: number): void;
  /** Takes effect at the next start. */
  uninstall(clusterId: string, libraries: readonly Library[]): void;
  statuses(clusterId: string): Record<string, unknown>[];
  /** To be told of every change of a cluster. */
  follow(cluster: ClusterRecord): void;
  /** How far the libraries of a task are: all there, not yet, or why not. */
  ready(clusterId: string, libraries: readonly Library[]): 'yes' | 'wait' | { failed: string };
  /** Everything that the cluster has loaded, by the paths of a sandbox. */
  loaded(clusterId: string): Library[];
  close(): Promise<void>;
}

export function createClusterLibraries(options: ClusterLibrariesOptions): ClusterLibraries {
  const { store, clusters, logger } = options;
  const work = new Map<string, Promise<void>>();
  const prepared = new Set<string>();
  let closed = false;
  return { install, uninstall, statuses, follow, ready, loaded, close };

  function install(clusterId: string, libraries: readonly Library[], askedAt = Number.POSITIVE_INFINITY): void {
    for (const library of libraries) {
      const key = libraryKey(library);
      const known = store.get(clusterId, key);
      if (known?.status === 'FAILED' && (known.failedAt ?? 0) >= askedAt) continue;
      // What is loaded stays as it is.
      if (known !== undefined && known.status !== 'FAILED') {
        if (known.status === 'UNINSTALL_ON_RESTART') store.save({ ...known, status: 'INSTALLED' });
        continue;
      }
      store.save({ clusterId, key, library, status: 'PENDING', messages: [], generation: 0, loaded: [] });
    }
    advance(clusterId);
  }

  function uninstall(clusterId: string, libraries: readonly Library[]): void {
    const isRunning = clusters.get(clusterId)?.state !== 'TERMINATED';
    for (const key of libraries.map(libraryKey)) {
      const known = store.get(clusterId, key);
      if (known === undefined) continue;
      // What failed was never loaded: nothing of it waits for a restart.
      if (isRunning && isLoaded(known)) store.save({ ...known, status: 'UNINSTALL_ON_RESTART' });
      else store.remove(clusterId, key);
    }
  }

  function statuses(clusterId: string): Record<string, unknown>[] {
    return store.of(clusterId).map(({ library, status, messages }) => ({
      library,
      status,
      is_library_for_all_clusters: false,
      ...(messages.length === 0 ? {} : { messages }),
    }));
  }

  function follow(cluster: ClusterRecord): void {
    for (const record of store.of(cluster.clusterId)) {
      if (record.generation === 0 || record.generation === cluster.generation) continue;
      // A new life loads anew, with the bytes that are there now.
      if (record.status === 'UNINSTALL_ON_RESTART') store.remove(cluster.clusterId, record.key);
      else store.save({ ...record, status: 'PENDING', messages: [], generation: 0, loaded: [] });
    }
    advance(cluster.clusterId);
  }

  /** One after the other, as a cluster does. */
  function advance(clusterId: string): void {
    if (closed || work.has(clusterId) || clusters.get(clusterId)?.state !== 'RUNNING') return;
    const next = store.of(clusterId).find((record) => record.status === 'PENDING' || isHalfDone(record));
    if (next === undefined && isPrepared(clusterId)) return;
    const done = (next === undefined ? prepare(clusterId) : load(next))
      .catch((error: unknown) => logger.error({ cluster: clusterId, error: String(error) }, 'library failed'))
      .finally(() => {
        work.delete(clusterId);
        if (closed) return;
        options.onChange();
        advance(clusterId);
      });
    work.set(clusterId, done);
  }

  function isPrepared(clusterId: string): boolean {
    return prepared.has(lifeOf(clusterId));
  }

  function lifeOf(clusterId: string): string {
    return `${clusterId} ${clusters.get(clusterId)?.generation}`;
  }

  async function prepare(clusterId: string): Promise<void> {
    await options.prepare(clusters.get(clusterId) as ClusterRecord);
    prepared.add(lifeOf(clusterId));
  }

  async function load(given: LibraryRecord): Promise<void> {
    const cluster = clusters.get(given.clusterId) as ClusterRecord;
    const record = { ...given, generation: cluster.generation };
    const set = (changes: Partial<LibraryRecord>): void => {
      const now = store.get(given.clusterId, given.key);
      if (!closed && now !== undefined && clusters.get(given.clusterId)?.generation === cluster.generation)
        store.save({ ...record, ...changes });
    };
    set({ status: 'RESOLVING' });
    try {
      const result = await options.install(cluster, given.library, () => set({ status: 'INSTALLING' }));
      set({ status: 'INSTALLED', loaded: result });
    } catch (error) {
      const isKnown = error instanceof SlowLaneError || (error as { status?: number }).status !== undefined;
      if (!isKnown) logger.error({ cluster: given.clusterId, error: String(error) }, 'library could not be installed');
      set({ status: 'FAILED', messages: [(error as Error).message], failedAt: options.now() });
    }
  }

  function ready(clusterId: string, libraries: readonly Library[]): 'yes' | 'wait' | { failed: string } {
    if (!isPrepared(clusterId)) return 'wait';
    const records = libraries.map((library) => store.get(clusterId, libraryKey(library)));
    const failed = records.find((record) => record?.status === 'FAILED');
    if (failed !== undefined) return { failed: `${failed.key}: ${failed.messages.join(' ')}` };
    return records.every((record) => record !== undefined && isLoaded(record)) ? 'yes' : 'wait';
  }

  function loaded(clusterId: string): Library[] {
    return store
      .of(clusterId)
      .filter(isLoaded)
      .flatMap((record) => record.loaded);
  }

  async function close(): Promise<void> {
    closed = true;
    await Promise.all(work.values());
  }
}

function isLoaded(record: LibraryRecord): boolean {
  return record.status === 'INSTALLED' || (record.status === 'UNINSTALL_ON_RESTART' && record.generation > 0);
}

/** Left by a process that ended in the middle of it. */
function isHalfDone(record: LibraryRecord): boolean {
  return record.status === 'RESOLVING' || record.status === 'INSTALLING';
}
