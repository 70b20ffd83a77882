import { z } from 'zod';
import { readBuildLog } from '../build-log.ts';
import { findBuild } from '../find-build.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';
import { sendLive } from '../send-live.ts';

/** Scope: `read`, `build` or `push:<pipeline>`. */
export const getBuildLog: Route = (app, { deps, access, closing, readers }) => {
  app.route({
    method: 'GET',
    url: '/v1/builds/:id/log',
    onRequest: access.needs(),
    schema: {
      tags: ['builds'],
      summary: 'The log of a build, as text',
      description:
        '`follow=1` streams until the build has ended. `skip` leaves out that many lines, to go on after a break.',
      security: [{ token: [] }],
      params: ById,
      querystring: z.object({
        follow: z.enum(['0', '1']).default('0'),
        skip: z.coerce.number().int().min(0).default(0),
      }),
      response: { 200: { description: 'Lines', content: { 'text/plain': { schema: z.string() } } }, ...problems },
    },
    handler: async (request, reply) => {
      const build = await findBuild(deps, request.params.id, access.callerOf(request));
      const { skip, follow } = request.query;
      await sendLive(reply, { contentType: 'text/plain; charset=utf-8', readers }, (gone) =>
        readBuildLog(deps, build, { skip, follow: follow === '1', until: AbortSignal.any([closing, gone]) }),
      );
      return reply;
    },
  });
};
