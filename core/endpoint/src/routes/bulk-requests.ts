import { BulkFilter, BulkOutcome, isRequestTerminal, requestStates } from '@slowlane/contracts';
import { requireScope } from '../access.ts';
import { doInBulk } from '../bulk.ts';
import { problems, type Route } from '../route.ts';

const schema = {
  tags: ['requests'],
  security: [{ token: [] }],
  body: BulkFilter,
  response: { 200: BulkOutcome, ...problems },
};

/** Scope: `request:<operation>`. */
export const retryRequests: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/requests/retry',
    onRequest: access.needs(),
    schema: {
      ...schema,
      summary: 'After a fix: run again what failed of all requests that match (`state` failed unless it is given)',
    },
    handler: async (request) => {
      const caller = access.callerOf(request);
      requireScope(caller, [`request:${request.body.operation}`]);
      const filter = { ...request.body, state: request.body.state ?? ('failed' as const) };
      return await doInBulk(deps, filter, {
        states: ['failed', 'cancelled'],
        one: ({ id }) => deps.requests.retryFailed(id, caller.name),
      });
    },
  });
};

/** Scope: `request:<operation>`. */
export const cancelRequests: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/requests/cancel',
    onRequest: access.needs(),
    schema: { ...schema, summary: 'Cancel all requests that match and have not ended' },
    handler: async (request) => {
      const caller = access.callerOf(request);
      requireScope(caller, [`request:${request.body.operation}`]);
      return await doInBulk(deps, request.body, {
        states: requestStates.filter((state) => !isRequestTerminal(state)),
        one: ({ id }) => deps.requests.cancel(id, caller.name),
      });
    },
  });
};
