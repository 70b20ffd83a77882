import { Name, RequestList, requestStates } from '@slowlane/contracts';
import { z } from 'zod';
import { requestSummary } from '../request-view.ts';
import { problems, type Route } from '../route.ts';
import { Page } from '../schema.ts';

export const listRequests: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/requests',
    onRequest: access.needs('read'),
    schema: {
      tags: ['requests'],
      summary: 'Requests, newest first',
      security: [{ token: [] }],
      querystring: Page.extend({ operation: Name.optional(), state: z.enum(requestStates).optional() }),
      response: { 200: RequestList, ...problems },
    },
    handler: async ({ query: { limit, before, operation, state } }) => {
      const found = await deps.history.requests({
        limit,
        ...(before === undefined ? {} : { before }),
        ...(operation === undefined ? {} : { operation }),
        ...(state === undefined ? {} : { state }),
      });
      const next = found.length === limit ? found.at(-1)?.id : undefined;
      return { requests: found.map((one) => requestSummary(one, deps.publicUrl)), next };
    },
  });
};
