import { RequestRetried } from '@slowlane/contracts';
import { requireScope } from '../access.ts';
import { findRequest } from '../find-request.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

/** Scope: `request:<operation>`. */
export const retryRequest: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/requests/:id/retry',
    onRequest: access.needs(),
    schema: {
      tags: ['requests'],
      summary: 'Run again what did not succeed of a failed or cancelled request; what succeeded is kept',
      security: [{ token: [] }],
      params: ById,
      response: { 202: RequestRetried, ...problems },
    },
    handler: async (request, reply) => {
      const caller = access.callerOf(request);
      const found = await findRequest(deps, request.params.id, caller);
      requireScope(caller, [`request:${found.operation}`]);
      const { parts } = await deps.requests.retryFailed(found.id, caller.name);
      reply.code(202);
      return { id: found.id, parts };
    },
  });
};
