import { isRequestTerminal, RequestView, SlowLaneError } from '@slowlane/contracts';
import { requireScope } from '../access.ts';
import { findRequest } from '../find-request.ts';
import { partPage } from '../part-page.ts';
import { requestView } from '../request-view.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

/** Scope: `request:<operation>`. */
export const cancelRequest: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/requests/:id/cancel',
    onRequest: access.needs(),
    schema: {
      tags: ['requests'],
      summary: 'Cancel a request and its runs',
      security: [{ token: [] }],
      params: ById,
      response: { 202: RequestView, ...problems },
    },
    handler: async (request, reply) => {
      const caller = access.callerOf(request);
      const found = await findRequest(deps, request.params.id, caller);
      requireScope(caller, [`request:${found.operation}`]);
      if (isRequestTerminal(found.state)) {
        throw new SlowLaneError('request.not-cancellable', `request ${found.id} has ended: ${found.state}`);
      }
      const state = await deps.requests.cancel(found.id, caller.name);
      const now = (await deps.requests.get(found.id)) ?? { ...found, state };
      reply.code(202);
      return requestView(now, await partPage(deps, now), { publicUrl: deps.publicUrl });
    },
  });
};
