import { Name, RequestList, requestStates } from '@slowlane/contracts';
import { z } from 'zod';
import { listRequestsNow } from '../list-requests-now.ts';
import { requestSummary } from '../request-view.ts';
import { problems, type Route } from '../route.ts';
import { Page } from '../schema.ts';

/** Epoch milliseconds in a query. */
const Moment = z.coerce.number().int().min(0).max(8.64e15);

export const listRequests: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/requests',
    onRequest: access.needs('read'),
    schema: {
      tags: ['requests'],
      summary: 'Requests, newest first; `since` (from) and `until` (before) are epoch ms of acceptance',
      security: [{ token: [] }],
      querystring: Page.extend({
        operation: Name.optional(),
        state: z.enum(requestStates).optional(),
        principal: z.string().min(1).max(200).optional(),
        tenant: z.string().min(1).max(200).optional(),
        since: Moment.optional(),
        until: Moment.optional(),
      }),
      response: { 200: RequestList, ...problems },
    },
    handler: async ({ query: { limit, before, ...filter } }) => {
      const { requests, next } = await listRequestsNow(deps, filter, { limit, before });
      return { requests: requests.map((one) => requestSummary(one, deps.publicUrl)), next };
    },
  });
};
