import { Id } from '@slowlane/contracts';
import { z } from 'zod';
import { resultHeaders } from '../result-headers.ts';
import { problems, type Route } from '../route.ts';

/** Open to who has the link: the signature is the permission. */
export const getResultFile: Route = (app, { deps }) => {
  app.route({
    method: 'GET',
    url: '/v1/results/:id/files/*',
    schema: {
      tags: ['results'],
      summary: 'One result file, by a signed link',
      params: z.object({ id: Id, '*': z.string().min(1).max(500) }),
      querystring: z.object({ expires: z.string().regex(/^\d{1,15}$/), signature: z.string().max(100) }),
      response: {
        200: { description: 'The file', content: { 'application/octet-stream': { schema: z.unknown() } } },
        ...problems,
      },
    },
    handler: async ({ params, query }, reply) => {
      const name = params['*'];
      const { stream, size, contentType } = await deps.results.open(params.id, name, query);
      return reply.headers({ ...resultHeaders(name, contentType), 'content-length': size }).send(stream);
    },
  });
};
