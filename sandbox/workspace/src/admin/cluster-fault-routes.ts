import type { FastifyInstance } from 'fastify';
import type { ClusterFaults } from '../clusters/cluster-faults.ts';
import { parseInput } from '../http/parse-input.ts';
import { ClusterFaultBody } from './schema.ts';

/** Control API: what clusters are made to do on purpose. */
export function registerClusterFaults(app: FastifyInstance, faults: ClusterFaults): void {
  app.get('/slowlane/cluster-faults', async () => ({ faults: faults.list() }));
  app.post('/slowlane/cluster-faults', async (request) => {
    const { kind, cluster_id: clusterId, count } = parseInput(ClusterFaultBody, request.body);
    faults.add({ kind, clusterId, count });
    return {};
  });
  app.delete('/slowlane/cluster-faults', async () => {
    faults.clear();
    return {};
  });
}
