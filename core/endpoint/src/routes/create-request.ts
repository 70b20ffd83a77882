import { CreateRequest, RequestAccepted } from '@slowlane/contracts';
import { z } from 'zod';
import { acceptRequest } from '../accept-request.ts';
import { traceparentOf } from '../correlation.ts';
import { requestLinks } from '../request-view.ts';
import { problems, type Route } from '../route.ts';
import { IdempotencyKey } from '../schema.ts';

/** Scope: `request:<operation>`. */
export const createRequest: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/requests',
    onRequest: access.needs(),
    schema: {
      tags: ['requests'],
      summary: 'Ask for an operation',
      description:
        'Durable when answered. The same Idempotency-Key with the same body answers with the first request (header Idempotent-Replayed), ' +
        'and `coalesce` with an equal one of the same caller that is in flight (header Coalesced).',
      security: [{ token: [] }],
      headers: z.object({ 'idempotency-key': IdempotencyKey.optional() }),
      body: CreateRequest,
      response: { 202: RequestAccepted, ...problems },
    },
    handler: async (request, reply) => {
      const {
        request: accepted,
        replayed,
        coalesced,
      } = await acceptRequest(deps, {
        caller: access.callerOf(request),
        correlationId: request.id,
        traceparent: traceparentOf(request),
        idempotencyKey: request.headers['idempotency-key'],
        body: request.body,
      });
      const { id, correlationId, state, operation } = accepted;
      const links = requestLinks(id, deps.publicUrl);
      // A repeat belongs to the chain of the first call.
      reply.code(202).headers({ 'correlation-id': correlationId, location: links.self });
      if (replayed) reply.header('idempotent-replayed', 'true');
      if (coalesced) reply.header('coalesced', 'true');
      return { id, correlationId, state, operation, links };
    },
  });
};
