import { RequestView } from '@slowlane/contracts';
import { explainParked } from '../explain-parked.ts';
import { findParts, findRequest } from '../find-request.ts';
import { requestView } from '../request-view.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

/** Scope: `read` or `request:<operation>`. */
export const getRequest: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/requests/:id',
    onRequest: access.needs(),
    schema: {
      tags: ['requests'],
      summary: 'One request with its parts, and why the first parked ones wait, behind whom and until when',
      security: [{ token: [] }],
      params: ById,
      response: { 200: RequestView, ...problems },
    },
    handler: async (request) => {
      const found = await findRequest(deps, request.params.id, access.callerOf(request));
      const parts = await findParts(deps, found.id);
      return requestView(found, parts, { publicUrl: deps.publicUrl, waits: await explainParked(deps.requests, parts) });
    },
  });
};
