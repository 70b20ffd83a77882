import { Id } from '@slowlane/contracts';
import { z } from 'zod';
import { problems, type Route } from '../route.ts';
import { sendFile } from '../send-file.ts';

/** Open to who has the link: the signature is the permission. */
export const getResultFile: Route = (app, { deps }) => {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/v1/results/:id/files/*',
    schema: {
      tags: ['results'],
      summary: 'One result file, by a signed link; one Range at a time, with If-Range',
      params: z.object({ id: Id, '*': z.string().min(1).max(500) }),
      querystring: z.object({
        expires: z.string().regex(/^\d{1,15}$/),
        issued: z
          .string()
          .regex(/^\d{1,15}$/)
          .optional(),
        signature: z.string().max(100),
      }),
      response: {
        200: { description: 'The file', content: { 'application/octet-stream': { schema: z.unknown() } } },
        206: { description: 'The range', content: { 'application/octet-stream': { schema: z.unknown() } } },
        304: z.null().describe('The file is the one of If-None-Match.'),
        ...problems,
      },
    },
    handler: async ({ params, query, headers, method }, reply) => {
      const name = params['*'];
      const file = await deps.results.open(params.id, name, query);
      try {
        return sendFile(file, { name, headers, reply, isHead: method === 'HEAD' });
      } catch (thrown) {
        file.stream.destroy();
        throw thrown;
      }
    },
  });
};
