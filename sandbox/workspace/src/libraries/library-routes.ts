import type { FastifyInstance } from 'fastify';
import { noCluster } from '../clusters/cluster-manager.ts';
import type { ClusterStore } from '../clusters/cluster-store.ts';
import { parseInput } from '../http/parse-input.ts';
import type { ClusterLibraries } from './cluster-libraries.ts';
import type { LibraryStore } from './library-store.ts';
import { libraryKind } from './library-kind.ts';
import { ClusterStatus, LibrariesBody } from './schema.ts';

export interface LibraryRoutesOptions {
  libraries: ClusterLibraries;
  store: LibraryStore;
  clusters: ClusterStore;
}

export function registerLibraries(app: FastifyInstance, options: LibraryRoutesOptions): void {
  const { libraries, clusters } = options;
  const path = '/api/2.0/libraries';
  const must = (clusterId: string): string => {
    if (clusters.get(clusterId) === undefined) throw noCluster(clusterId);
    return clusterId;
  };
  for (const call of ['install', 'uninstall'] as const) {
    app.post(`${path}/${call}`, async ({ body }) => {
      const input = parseInput(LibrariesBody, body);
      // All or nothing: none is taken when one is wrong.
      for (const library of input.libraries) libraryKind(library);
      libraries[call](must(input.cluster_id), input.libraries);
      return {};
    });
  }
  app.get(`${path}/cluster-status`, async ({ query }) => statusOf(must(parseInput(ClusterStatus, query).cluster_id)));
  app.get(`${path}/all-cluster-statuses`, async () => {
    const statuses = options.store.clusterIds().map(statusOf);
    return statuses.length === 0 ? {} : { statuses };
  });

  function statusOf(clusterId: string): Record<string, unknown> {
    const statuses = libraries.statuses(clusterId);
    return { cluster_id: clusterId, ...(statuses.length === 0 ? {} : { library_statuses: statuses }) };
  }
}
