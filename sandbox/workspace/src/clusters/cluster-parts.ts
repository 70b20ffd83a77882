import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger, RootSpec, SandboxDriver } from '@slowlane/contracts';
import { hasBegun } from '../runs/read-record.ts';
import { removeFolder } from '../runs/remove-folder.ts';
import { makePassable, makeShared } from '../runs/run-folders.ts';
import { stageScratch } from '../runs/stage-run.ts';
import { type EndWatch, watchEnd } from '../runs/watch-end.ts';
import type { ClusterRecord, PartRecord } from './cluster-record.ts';
import type { ClusterStore } from './cluster-store.ts';
import { partLogging, partSpec } from './part-spec.ts';

export interface PartsOptions {
  store: ClusterStore;
  driver: SandboxDriver;
  root: RootSpec;
  stateDir: string;
  volumesDir: string;
  limits: { driverMemoryBytes: number; cpus: number; wallMs: number };
  logger: Logger;
  envOf: (cluster: ClusterRecord) => Record<string, string>;
  onUp: (part: PartRecord) => void;
  /** It has ended, in whatever way; its record is already gone from the store. */
  onEnd: (part: PartRecord) => void;
}

/** The processes of clusters with workers: each under a supervisor of its own, so that they outlive this process. */
export interface ClusterParts {
  /** Writes it down, then starts it. */
  start(cluster: ClusterRecord, role: PartRecord['role']): PartRecord;
  /** Asks for its end; `onEnd` follows. */
  end(part: PartRecord): void;
  /** Takes up one that an earlier process left. */
  resume(cluster: ClusterRecord, part: PartRecord): void;
  close(): Promise<void>;
}

const lookMs = 100;
const killMs = 2_000;

export function createClusterParts(options: PartsOptions): ClusterParts {
  const { store, driver, logger } = options;
  const watches = new Map<string, { watch: EndWatch; look: NodeJS.Timeout | undefined }>();
  const starting = new Map<string, Promise<void>>();
  const kills = new Map<string, NodeJS.Timeout>();
  let closed = false;
  return { start, end, resume, close };

  function start(cluster: ClusterRecord, role: PartRecord['role']): PartRecord {
    const { clusterId, generation } = cluster;
    const taken = new Set(store.parts(clusterId).map((part) => part.sandboxId));
    const part: PartRecord = {
      sandboxId: nextName(`${role.slice(0, 1)}-${clusterId}-${generation}`, taken),
      ...{ clusterId, generation, role },
      phase: 'starting',
    };
    store.savePart(part);
    begin(part, () => launch(cluster, part));
    return part;
  }

  /** Numbers are never used again while this process lives, so that the record folder of each is new. */
  function nextName(prefix: string, taken: Set<string>): string {
    for (let number = used.get(prefix) ?? 1; ; number++) {
      used.set(prefix, number + 1);
      if (!taken.has(`${prefix}-${number}`)) return `${prefix}-${number}`;
    }
  }

  function begin(part: PartRecord, work: () => Promise<void>): void {
    const started = work()
      .catch((error: unknown) => {
        logger.warn({ part: part.sandboxId, error: String(error) }, 'part of a cluster could not be started');
      })
      .then(() => (closed ? undefined : watch(part)))
      .finally(() => starting.delete(part.sandboxId));
    starting.set(part.sandboxId, started);
  }

  async function launch(cluster: ClusterRecord, part: PartRecord): Promise<void> {
    const folders = partFolders(options.stateDir, part);
    // A number that an earlier process used may have left its folder.
    await removeFolder(driver, folders.base);
    await makePassable(join(options.stateDir, 'clusters'));
    await makePassable(folders.life);
    await makePassable(folders.base);
    await mkdir(folders.record, { mode: 0o700 });
    await makeShared(folders.libraries);
    await stageScratch(folders.scratch);
    await makeShared(join(folders.scratch, 'work'));
    await writeFile(join(folders.scratch, 'parts.properties'), partLogging, { mode: 0o644 });
    const { spec, command } = partSpec({
      ...options,
      ...{ part, cluster, scratch: folders.scratch, libraryDir: folders.libraries },
      env: options.envOf(cluster),
    });
    await driver.supervise(spec, command, folders.record);
  }

  function watch(part: PartRecord): void {
    const { record } = partFolders(options.stateDir, part);
    const watched = watchEnd({
      folder: record,
      isRunning: () => driver.isRunning(part.sandboxId),
      onEnd: () => ended(part),
      logger,
    });
    const look = part.phase === 'starting' ? setInterval(() => void lookForUp(part, record), lookMs) : undefined;
    watches.set(part.sandboxId, { watch: watched, look });
    if (part.phase === 'ending') kill(part.sandboxId);
  }

  async function lookForUp(part: PartRecord, record: string): Promise<void> {
    const known = watches.get(part.sandboxId);
    if (known?.look === undefined || !(await saysItIsUp(part, record)) || closed) return;
    if (watches.get(part.sandboxId)?.look === undefined) return;
    clearInterval(known.look);
    known.look = undefined;
    const current = store.parts(part.clusterId).find((one) => one.sandboxId === part.sandboxId);
    if (current?.phase !== 'starting') return;
    store.savePart({ ...current, phase: 'up' });
    options.onUp({ ...current, phase: 'up' });
  }

  function ended(part: PartRecord): void {
    const known = watches.get(part.sandboxId);
    clearInterval(known?.look);
    watches.delete(part.sandboxId);
    clearInterval(kills.get(part.sandboxId));
    kills.delete(part.sandboxId);
    if (closed) return;
    const current = store.parts(part.clusterId).find((one) => one.sandboxId === part.sandboxId) ?? part;
    store.removePart(part.sandboxId);
    void removeFolder(driver, partFolders(options.stateDir, part).scratch).catch(() => undefined);
    options.onEnd(current);
  }

  function end(part: PartRecord): void {
    store.savePart({ ...part, phase: 'ending' });
    // One that is still being started is not to be found yet; `kill` is repeated until its end is seen.
    if (!kills.has(part.sandboxId)) kill(part.sandboxId);
  }

  function kill(sandboxId: string): void {
    const ask = (): void => void driver.kill(sandboxId, 'kill').catch(() => undefined);
    ask();
    kills.set(sandboxId, setInterval(ask, killMs).unref());
  }

  function resume(cluster: ClusterRecord, part: PartRecord): void {
    begin(part, async () => {
      const { record } = partFolders(options.stateDir, part);
      if (await hasBegun(record)) return;
      if (await driver.isRunning(part.sandboxId)) return;
      if (part.phase === 'starting') await launch(cluster, part);
      else await mkdir(record, { recursive: true, mode: 0o700 });
    });
  }

  async function close(): Promise<void> {
    closed = true;
    for (const { watch: watched, look } of watches.values()) {
      watched.stop();
      clearInterval(look);
    }
    for (const timer of kills.values()) clearInterval(timer);
    await Promise.all(starting.values());
  }
}

const used = new Map<string, number>();

/** Folder of one life of a cluster. */
export function lifeFolder(stateDir: string, life: Pick<ClusterRecord, 'clusterId' | 'generation'>): string {
  return join(stateDir, 'clusters', `${life.clusterId}-${life.generation}`);
}

/** Where Python libraries of a cluster are unpacked, seen by its drivers and workers alike. */
export function clusterLibraryDir(stateDir: string, life: Pick<ClusterRecord, 'clusterId' | 'generation'>): string {
  return join(lifeFolder(stateDir, life), 'lib');
}

interface PartFolders {
  life: string;
  base: string;
  record: string;
  scratch: string;
  libraries: string;
}

function partFolders(stateDir: string, part: PartRecord): PartFolders {
  const life = lifeFolder(stateDir, part);
  const base = join(life, part.sandboxId);
  const libraries = clusterLibraryDir(stateDir, part);
  return { life, base, record: join(base, 'record'), scratch: join(base, 'scratch'), libraries };
}

const upLines = { master: 'I have been elected leader!', worker: 'Successfully registered with master' };

/** Nothing of ours runs in the cluster's network, so a part is known to be up by its own log; only its first 256 KiB are read. */
async function saysItIsUp(part: PartRecord, record: string): Promise<boolean> {
  try {
    const file = await open(join(record, 'stderr'));
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(262_144), 0, 262_144, 0);
      return buffer.toString('latin1', 0, bytesRead).includes(upLines[part.role]);
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}
