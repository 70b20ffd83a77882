import { type ClusterRecord, ClusterView, SlowLaneError } from '@slowlane/contracts';
import { z } from 'zod';
import { clusterView } from '../cluster-view.ts';
import type { EndpointDeps } from '../endpoint-deps.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

async function find(deps: EndpointDeps, id: string): Promise<ClusterRecord> {
  const cluster = await deps.clusters?.get(id);
  if (cluster === undefined) throw new SlowLaneError('cluster.not-found', `there is no cluster ${id}`);
  return cluster;
}

export const endCluster: Route = (app, { deps, access }) => {
  app.route({
    method: 'DELETE',
    url: '/v1/clusters/:id',
    onRequest: access.needs('gate'),
    schema: {
      tags: ['clusters'],
      summary: 'End a warm cluster when its runs have ended; with now=true under them',
      security: [{ token: [] }],
      params: ById,
      querystring: z.object({ now: z.enum(['true', 'false']).default('false') }),
      response: { 202: ClusterView, ...problems },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await find(deps, id);
      const reason = `asked for by ${access.callerOf(request).name}`;
      if (request.query.now === 'true')
        await deps.clusters?.move(id, ['wanted', 'starting', 'ready'], { state: 'ending', reason });
      else await deps.clusters?.endLease(id, reason);
      reply.code(202);
      return clusterView(await find(deps, id));
    },
  });
};
