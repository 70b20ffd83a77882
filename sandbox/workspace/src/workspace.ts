import { chmod, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type Logger, type RootSpec, type SandboxDriver, SlowLaneError } from '@slowlane/contracts';
import { makeFolders } from './files/safe-folder.ts';
import { prepareUploads } from './files/uploads.ts';
import { buildServer } from './http/build-server.ts';
import { type ClassArchive, makeClassArchive } from './runs/class-archive.ts';
import { createEngine } from './runs/engine.ts';
import { makePassable } from './runs/run-folders.ts';
import { openCallStore } from './store/call-store.ts';
import { openDatabase } from './store/database.ts';
import { openJobStore } from './store/job-store.ts';
import { openRunStore } from './store/run-store.ts';

export interface WorkspaceLimits {
  /** Highest JVM heap of one driver (`--driver-memory`); the sandbox gets this plus room for the JVM itself and Python. */
  driverMemoryBytes: number;
  /** Cores of one driver: `local[cpus]`. */
  cpus: number;
  /** Job runs that are active at the same time; above it `run-now` answers 429, or queues where the job asks for a queue. */
  maxActiveRuns: number;
  /** Longest time of any run, whatever its job allows. */
  wallMs: number;
}

export interface WorkspaceOptions {
  /** Folder of our own: SQLite files, workspace objects, one folder per run. */
  stateDir: string;
  /** What the Files API calls `/Volumes`, and runs see there. */
  volumesDir: string;
  driver: SandboxDriver;
  /** JDK and `/usr/bin/python3`, and the Spark site at `/opt/site` (`SPARK_HOME=/opt/site/pyspark`). */
  root: RootSpec;
  /** The one bearer token. */
  token: string;
  /** Base of `run_page_url`; without it the address of `listen`. */
  publicUrl?: string;
  limits: WorkspaceLimits;
  user: { userName: string };
  logger: Logger;
  /** Whether to make and use an archive of Spark's classes, which speeds up every driver's start; default true. Made in the background. */
  classArchive?: boolean;
}

export interface Workspace {
  /** Port 0 takes a free one; `ground.port-in-use` when another program has it. */
  listen(port: number, host: string): Promise<{ url: string; port: number }>;
  /** Resolves when the class archive is there or was given up. */
  readonly warm: Promise<void>;
  /** A call without a network, for tests. */
  inject: FastifyInstance['inject'];
  /** Stops answering and watching. Runs go on under their supervisors. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * A Databricks-compatible workspace that runs jobs on real Apache Spark, each in a sandbox under a detached supervisor. Runs of an earlier
 * process are taken up again before this returns. Both folders are made when missing; every folder above them must let the
 * sandbox's users pass (`x`).
 */
export async function createWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { limits, logger, driver, root, token } = options;
  await prepareFolders(options);
  // The sandbox takes mount sources by their real paths alone.
  const stateDir = await realpath(options.stateDir);
  const volumesDir = await realpath(options.volumesDir);
  const objectsDir = join(stateDir, 'objects');
  const now = (): number => Date.now();
  const database = openDatabase(join(stateDir, 'workspace.db'));
  const calls = openCallStore(join(stateDir, 'requests.db'));
  const runs = openRunStore(database);
  const jobs = openJobStore(database);
  const archive =
    options.classArchive === false ? noArchive : makeClassArchive({ driver, root, stateDir, volumesDir, logger });
  const engine = createEngine({
    ...{ database, runs, driver, root, stateDir, volumesDir, objectsDir, limits, logger, now },
    classArchive: archive.current,
  });
  let publicUrl = options.publicUrl ?? '';
  const userName = options.user.userName;
  const app = buildServer({
    accept: { database, runs, maxActiveRuns: limits.maxActiveRuns, now },
    jobs,
    calls,
    engine,
    ...{ token, userName, stateDir, volumesDir, objectsDir, logger },
    view: () => ({ userName, publicUrl }),
  });
  await app.ready();
  engine.resume();
  return { listen, warm: archive.settled, inject: app.inject.bind(app) as FastifyInstance['inject'], close };

  async function listen(port: number, host: string): Promise<{ url: string; port: number }> {
    await app.listen({ port, host }).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') throw cause;
      throw new SlowLaneError('ground.port-in-use', `port ${port} of ${host} is in use`, { cause });
    });
    const bound = (app.server.address() as AddressInfo).port;
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
    if (options.publicUrl === undefined) publicUrl = url;
    return { url, port: bound };
  }

  async function close(): Promise<void> {
    if (!database.isOpen) return;
    app.server.closeAllConnections();
    await app.close();
    await engine.close();
    await archive.close();
    database.close();
    calls.close();
  }
}

const noArchive: ClassArchive = { current: () => undefined, settled: Promise.resolve(), close: async () => {} };

async function prepareFolders(options: WorkspaceOptions): Promise<void> {
  const objectsDir = join(options.stateDir, 'objects');
  await makePassable(options.stateDir);
  await makePassable(join(options.stateDir, 'runs'));
  await mkdir(objectsDir, { recursive: true, mode: 0o700 });
  await mkdir(options.volumesDir, { recursive: true });
  // Runs write inside volumes; only this process makes catalogs, and keeps its unfinished uploads beside them.
  await chmod(options.volumesDir, 0o755);
  await prepareUploads(options.volumesDir);
  await prepareUploads(objectsDir);
  await makeFolders(objectsDir, ['Users', options.user.userName.replaceAll('/', '_')]);
  await makeFolders(objectsDir, ['Shared']);
}
