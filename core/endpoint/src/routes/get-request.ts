import { Id, mostPartsInAnswer, RequestView } from '@slowlane/contracts';
import { z } from 'zod';
import { explainParked } from '../explain-parked.ts';
import { findRequest } from '../find-request.ts';
import { partPage } from '../part-page.ts';
import { requestView } from '../request-view.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

const PartsWanted = z.object({
  limit: z.coerce.number().int().min(1).max(mostPartsInAnswer).default(mostPartsInAnswer),
  /** `next` of the page before. */
  after: Id.optional(),
});

/** Scope: `read` or `request:<operation>`. */
export const getRequest: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/requests/:id',
    onRequest: access.needs(),
    schema: {
      tags: ['requests'],
      summary: 'One request with a page of its parts, and why the first parked ones wait, behind whom and until when',
      security: [{ token: [] }],
      params: ById,
      querystring: PartsWanted,
      response: { 200: RequestView, ...problems },
    },
    handler: async (request) => {
      const found = await findRequest(deps, request.params.id, access.callerOf(request));
      const page = await partPage(deps, found, request.query);
      const waits = await explainParked(deps.requests, page.parts);
      return requestView(found, page, { publicUrl: deps.publicUrl, waits });
    },
  });
};
