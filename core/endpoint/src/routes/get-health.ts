import { Health } from '@slowlane/contracts';
import type { EndpointDeps } from '../endpoint-deps.ts';
import { problems, type Route } from '../route.ts';

/** A service that is about to end still answers, and is not to be sent new calls. */
async function readiness(deps: EndpointDeps): Promise<Health> {
  const health = await deps.health();
  if (deps.draining?.aborted !== true) return health;
  return { ...health, status: 'degraded', checks: { ...health.checks, accepting: 'failed' } };
}

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
      const health = await readiness(deps);
      reply.code(health.status === 'ok' ? 200 : 503);
      return health;
    },
  });
};
