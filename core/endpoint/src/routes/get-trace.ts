import { TraceView } from '@slowlane/contracts';
import { findTrace } from '../find-trace.ts';
import { problems, type Route } from '../route.ts';
import { AnyId } from '../schema.ts';

export const getTrace: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/trace/:id',
    onRequest: access.needs('read'),
    schema: {
      tags: ['trace'],
      summary: 'Everything that happened around an id: commit, build, job, request, parts, runs, delivery',
      security: [{ token: [] }],
      params: AnyId,
      response: { 200: TraceView, ...problems },
    },
    handler: async ({ params: { id } }) => ({ id, events: await findTrace(deps, id) }),
  });
};
