import { ClusterList } from '@slowlane/contracts';
import { clusterView } from '../cluster-view.ts';
import { problems, type Route } from '../route.ts';

export const listClusters: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/clusters',
    onRequest: access.needs('read', 'gate'),
    schema: {
      tags: ['clusters'],
      summary: 'Warm clusters that Slow Lane has started and will end',
      security: [{ token: [] }],
      response: { 200: ClusterList, ...problems },
    },
    handler: async () => ({ clusters: ((await deps.clusters?.list()) ?? []).map(clusterView) }),
  });
};
