import { chmod, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type Logger, type RootSpec, type SandboxDriver, SlowLaneError } from '@slowlane/contracts';
import { registerClusterFaults } from './admin/cluster-fault-routes.ts';
import { registerRunFaults } from './admin/run-fault-routes.ts';
import type { ApiLimits } from './limits/api-limits.ts';
import { createRunFaults } from './runs/run-faults.ts';
import { startChildRun, startOwnRun } from './runs/start-routes.ts';
import { registerLimits } from './admin/limit-routes.ts';
import { createNotifier } from './notifications/create-notifier.ts';
import { registerDestinations } from './notifications/destination-routes.ts';
import { openNotificationStore } from './notifications/notification-store.ts';
import { openDocumentStore } from './pools/document-store.ts';
import { createScheduler } from './schedules/create-scheduler.ts';
import { openScheduleStore } from './schedules/schedule-store.ts';
import { makeFolders } from './files/safe-folder.ts';
import { prepareUploads } from './files/uploads.ts';
import { type NewClient, openIdentity } from './identity/open-identity.ts';
import { openNotebookStore } from './objects/notebook-store.ts';
import { openVolumeStore } from './files/volume-store.ts';
import { checkOwner, type OwnerWants } from './permissions/check-owner.ts';
import { openPermissionStore } from './permissions/permission-store.ts';
import { openSecretStore } from './secrets/secret-store.ts';
import { openClusters } from './clusters/open-clusters.ts';
import { createLogDelivery } from './clusters/log-delivery.ts';
import { openLogDeliveryStore } from './clusters/log-delivery-store.ts';
import type { ClusterFaults } from './clusters/cluster-faults.ts';
import { buildServer, jobOfRun } from './http/build-server.ts';
import { type ClassArchive, makeClassArchive } from './runs/class-archive.ts';
import { createEngine } from './runs/engine.ts';
import { makePassable } from './runs/run-folders.ts';
import { holdsLevel } from './permissions/holds-level.ts';
import { createHistoryServers } from './spark-ui/history-server.ts';
import { registerSparkUi } from './spark-ui/spark-ui-routes.ts';
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
  /** Run-job tasks that are active at the same time; default 750. */
  maxRunJobTasks?: number;
  /** Longest time of any run, whatever its job allows. */
  wallMs: number;
  /** Quotas and API rates of a real workspace; without them there are none. */
  api?: ApiLimits;
}

export interface WorkspaceOptions {
  /** Folder of our own: SQLite files, workspace objects, one folder per run. */
  stateDir: string;
  /** What the Files API calls `/Volumes`, and runs see there. */
  volumesDir: string;
  driver: SandboxDriver;
  /** JDK and `/usr/bin/python3`, and the Spark site at `/opt/site` (`SPARK_HOME=/opt/site/pyspark`). */
  root: RootSpec;
  /** The owner's bearer token; others are made through the API. */
  token: string;
  /** Clients of OAuth M2M that are there from the start. */
  servicePrincipals?: readonly NewClient[];
  /** How long their tokens live; default one hour. */
  tokenLifetimeMs?: number;
  /** Hosts (`host` or `host:port`) that webhook notifications may go to besides this machine; default none. */
  notificationHosts?: readonly string[];
  /** Base of `run_page_url`; without it the address of `listen`. */
  publicUrl?: string;
  /**
   * Master URL of an existing Spark that all runs go to; their drivers then use this machine's network, which the sandbox helper must
   * allow. Without it every cluster is the workspace's own.
   */
  externalMaster?: string;
  /** Unix socket of a dependency gateway, for libraries of kind pypi, requirements and maven. */
  gatewaySocket?: string;
  /** Registries behind it and their addresses; default: `maven` and `pypi`, whose addresses are not known here. */
  registries?: Readonly<Record<string, string>>;
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
  /** What clusters can be made to do on purpose. */
  readonly clusterFaults: ClusterFaults;
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
  // Secrets lie in it.
  await chmod(join(stateDir, 'workspace.db'), 0o600);
  const secrets = openSecretStore(database);
  const notebooks = openNotebookStore(database);
  const volumes = openVolumeStore(database);
  const calls = openCallStore(join(stateDir, 'requests.db'));
  const runs = openRunStore(database);
  const jobs = openJobStore(database);
  const permissions = openPermissionStore(database);
  const schedules = openScheduleStore(database);
  const notifications = openNotificationStore(database);
  const destinations = openDocumentStore(database, 'notification_destinations');
  const archive =
    options.classArchive === false ? noArchive : makeClassArchive({ driver, root, stateDir, volumesDir, logger });
  const clusters = openClusters({
    ...{ database, runs, driver, root, stateDir, volumesDir, objectsDir, limits, logger, now },
    ...{ externalMaster: options.externalMaster, gatewaySocket: options.gatewaySocket, registries: options.registries },
    ...{ userName: options.user.userName, fillSecrets: secrets.fill },
    checkAttach: (jobId, clusterId) => checkOwnerOf(jobId, { kind: 'clusters', id: clusterId, level: 'CAN_ATTACH_TO' }),
  });
  const { maxActiveRuns, maxRunJobTasks } = limits;
  const accept = { database, runs, maxActiveRuns, now, ...(maxRunJobTasks === undefined ? {} : { maxRunJobTasks }) };
  const runFaults = createRunFaults();
  const dbfsDir = join(stateDir, 'dbfs');
  const logs = createLogDelivery({
    ...{ store: openLogDeliveryStore(database), getTask: runs.getTask, stateDir, volumesDir, dbfsDir, logger },
  });
  const engine = createEngine({
    logs,
    startChild(parent, task, settings) {
      checkOwnerOf(parent.jobId, { kind: 'jobs', id: String(settings.job_id), level: 'CAN_MANAGE_RUN' });
      startChildRun({ accept, jobs }, parent, { task, settings });
    },
    runFaults,
    compute: clusters.compute,
    ...{ database, runs, driver, root, stateDir, volumesDir, objectsDir, limits, logger, now },
    classArchive: archive.current,
    secrets,
    languageOf: (path) => notebooks.language(path),
  });
  let publicUrl = options.publicUrl ?? '';
  const userName = options.user.userName;
  const { servicePrincipals, tokenLifetimeMs } = options;
  const identity = openIdentity(database, {
    ...{ token, userName, now },
    ...(servicePrincipals === undefined ? {} : { servicePrincipals }),
    ...(tokenLifetimeMs === undefined ? {} : { tokenLifetimeMs }),
  });
  const scheduler = createScheduler({
    ...{ schedules, runs, now, logger, findJob: jobs.get },
    startRun(job, start) {
      const runId = startOwnRun({ accept, jobs }, job, start);
      engine.pump();
      return runId;
    },
  });
  jobs.onChange(scheduler.follow);
  const allowedHosts = options.notificationHosts ?? [];
  const notifier = createNotifier({
    ...{ database, notifications, destinations, runs, allowedHosts, now, logger },
    workspaceId: identity.store.workspaceId,
  });
  const apiLimits = { ...limits.api };
  const app = buildServer({
    accept,
    apiLimits,
    jobs,
    calls,
    engine,
    identity,
    secrets,
    permissions,
    notebooks,
    volumes,
    ...{ userName, stateDir, volumesDir, objectsDir, dbfsDir, logger },
    hasDestination: (id) => destinations.get(id) !== undefined,
    view: () => ({ userName, publicUrl, instanceOf: clusters.compute.instanceOf }),
  });
  clusters.register(app);
  registerClusterFaults(app, clusters.faults);
  registerRunFaults(app, { faults: runFaults, accept });
  registerDestinations(app, { destinations, notifications, allowedHosts, now });
  registerLimits(app, apiLimits);
  const historyServers = createHistoryServers({ driver, root, stateDir, logger });
  registerSparkUi(app, {
    ...{ runs, stateDir, servers: historyServers, now },
    mayView(viewer, runId) {
      const object = { kind: 'jobs', id: String(jobOfRun(runs, runId) ?? ''), level: 'CAN_VIEW' } as const;
      return viewer.isAdmin || holdsLevel(permissions.grants(object.kind, object.id), viewer, object);
    },
  });
  await app.ready();
  clusters.compute.resume();
  engine.resume();
  logs.resume();
  scheduler.resume();
  notifier.resume();
  return {
    listen,
    clusterFaults: clusters.faults,
    warm: archive.settled,
    inject: app.inject.bind(app) as FastifyInstance['inject'],
    close,
  };

  function checkOwnerOf(jobId: number, wanted: OwnerWants): void {
    checkOwner({ permissions, identity: identity.store, userName }, jobId, wanted);
  }

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
    scheduler.close();
    app.server.closeAllConnections();
    await app.close();
    await historyServers.close();
    await engine.close();
    await logs.close();
    await notifier.close();
    await clusters.compute.close();
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
  const dbfsDir = join(options.stateDir, 'dbfs');
  await mkdir(dbfsDir, { recursive: true, mode: 0o700 });
  await prepareUploads(dbfsDir);
  await makeFolders(objectsDir, ['Users', options.user.userName.replaceAll('/', '_')]);
  await makeFolders(objectsDir, ['Shared']);
}
