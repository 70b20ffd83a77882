import { z } from 'zod';
import { findRequest } from '../find-request.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';
import { streamEvents } from '../stream-events.ts';

/** Scope: `read` or `request:<operation>`. */
export const followRequest: Route = (app, { deps, access, closing, readers }) => {
  app.route({
    method: 'GET',
    url: '/v1/requests/:id/events',
    onRequest: access.needs(),
    schema: {
      tags: ['requests'],
      summary: 'Events of a request as they happen (SSE)',
      description:
        'From the first event, or after Last-Event-ID, until the end event. 204: there is nothing more to come.',
      security: [{ token: [] }],
      params: ById,
      headers: z.object({
        'last-event-id': z
          .string()
          .regex(/^\d{1,15}-\d{1,15}$/, 'an id of an event')
          .optional(),
      }),
      response: {
        200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
        204: z.null().describe('The end event was seen.'),
        ...problems,
      },
    },
    handler: async (request, reply) => {
      const found = await findRequest(deps, request.params.id, access.callerOf(request));
      return await streamEvents(deps.feed, found, { reply, after: request.headers['last-event-id'], closing, readers });
    },
  });
};
