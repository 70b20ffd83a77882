import type { DatabaseSync } from 'node:sqlite';
import type { FastifyInstance } from 'fastify';
import type { Logger, RootSpec, SandboxDriver } from '@slowlane/contracts';
import { createClusterLibraries } from '../libraries/cluster-libraries.ts';
import { createInstaller, prepareClusterFolders } from '../libraries/install-library.ts';
import { registerLibraries } from '../libraries/library-routes.ts';
import { openLibraryStore } from '../libraries/library-store.ts';
import { openDocumentStore } from '../pools/document-store.ts';
import type { RunStore } from '../store/run-store.ts';
import { registerSparkHistory } from './spark-history-page.ts';
import { applyPools, registerPools } from '../pools/pool-routes.ts';
import type { ClusterFaults } from './cluster-faults.ts';
import { createClusterManager } from './cluster-manager.ts';
import { registerClusters } from './cluster-routes.ts';
import { openClusterStore } from './cluster-store.ts';
import type { Compute } from './compute.ts';
import { createCompute } from './create-compute.ts';

export interface ClustersOptions {
  database: DatabaseSync;
  runs: RunStore;
  driver: SandboxDriver;
  root: RootSpec;
  stateDir: string;
  volumesDir: string;
  objectsDir: string;
  limits: { driverMemoryBytes: number; cpus: number; wallMs: number };
  /** An existing Spark that all runs go to. */
  externalMaster?: string | undefined;
  gatewaySocket?: string | undefined;
  registries?: Readonly<Record<string, string>> | undefined;
  userName: string;
  fillSecrets: (text: string) => string;
  /** Throws with status 403 where the owner of a job may not use a cluster. */
  checkAttach: (jobId: number, clusterId: string) => void;
  now: () => number;
  logger: Logger;
}

export interface Clusters {
  compute: Compute;
  faults: ClusterFaults;
  register(app: FastifyInstance): void;
}

/** Everything about clusters, their libraries, policies and pools, over the workspace's own file. */
export function openClusters(options: ClustersOptions): Clusters {
  const { database, now, userName, externalMaster } = options;
  const store = openClusterStore(database);
  const libraryStore = openLibraryStore(database);
  const policies = openDocumentStore(database, 'cluster_policies');
  const pools = openDocumentStore(database, 'instance_pools');
  const cpus = Math.max(1, Math.floor(options.limits.cpus));
  const listeners: (() => void)[] = [];
  const manager = createClusterManager({
    ...options,
    store,
    envOf: ({ spec }) =>
      Object.fromEntries(
        Object.entries(spec.spark_env_vars ?? {}).map(([name, value]) => [name, options.fillSecrets(value)]),
      ),
  });
  const libraries = createClusterLibraries({
    ...{ store: libraryStore, clusters: store, logger: options.logger, now, install: createInstaller(options) },
    onChange: () => listeners.forEach((listener) => listener()),
    prepare: (cluster) => prepareClusterFolders(options.stateDir, cluster),
  });
  const compute = createCompute({
    ...{ manager, store, libraries, cpus, externalMaster, stateDir: options.stateDir },
    ...{ effective: (spec) => applyPools({ policies, pools }, spec), fillSecrets: options.fillSecrets },
    checkAttach: options.checkAttach,
  });
  return {
    compute: {
      ...compute,
      onChange(listener) {
        listeners.push(listener);
        compute.onChange(listener);
      },
    },
    faults: manager.faults,
    register(app) {
      registerClusters(app, {
        ...{ manager, store, userName, now, effective: (spec) => applyPools({ policies, pools }, spec) },
        onRemoved: (clusterId) => libraryStore.remove(clusterId),
      });
      registerLibraries(app, { libraries, store: libraryStore, clusters: store });
      registerSparkHistory(app, options);
      registerPools(app, { policies, pools, clusters: store, userName, now });
    },
  };
}
