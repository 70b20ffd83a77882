import { Health } from '@slowlane/contracts';
import { problems, type Route } from '../route.ts';

/** Open to all: says no more than which part is well. */
export const getHealth: Route = (app, { deps }) => {
  app.route({
    method: 'GET',
    url: '/v1/health',
    schema: {
      tags: ['health'],
      summary: 'Whether the service can take calls; 503 while it cannot',
      response: { 200: Health, 503: Health, '4xx': problems['4xx'] },
    },
    handler: async (_request, reply) => {
      const health = await deps.health();
      reply.code(health.status === 'ok' ? 200 : 503);
      return health;
    },
  });
};
