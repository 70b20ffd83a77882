import { PluginList } from '@slowlane/contracts';
import { problems, type Route } from '../route.ts';

export const listPlugins: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/plugins',
    onRequest: access.needs('read', 'build'),
    schema: {
      tags: ['plugins'],
      summary: 'Languages that can be built',
      security: [{ token: [] }],
      response: { 200: PluginList, ...problems },
    },
    handler: async () => ({ plugins: await deps.plugins() }),
  });
};
