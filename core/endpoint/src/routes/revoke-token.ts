import { SlowLaneError } from '@slowlane/contracts';
import { z } from 'zod';
import { problems, type Route } from '../route.ts';

export const revokeToken: Route = (app, { deps, access }) => {
  app.route({
    method: 'DELETE',
    url: '/v1/tokens/:id',
    onRequest: access.needs('admin'),
    schema: {
      tags: ['tokens'],
      summary: 'Revoke a token, at once and for good',
      security: [{ token: [] }],
      params: z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) }),
      response: { 204: z.null().describe('Revoked.'), ...problems },
    },
    handler: async ({ params: { id } }, reply) => {
      if (!(await deps.tokens.revoke(id)))
        throw new SlowLaneError('auth.not-found', `there is no token ${id} to revoke`);
      return reply.code(204).send(null);
    },
  });
};
