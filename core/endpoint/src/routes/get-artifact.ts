import { Id, SlowLaneError } from '@slowlane/contracts';
import { z } from 'zod';
import { findBuild } from '../find-build.ts';
import { fileName } from '../result-headers.ts';
import { problems, type Route } from '../route.ts';

/** Scope: `read`, `build` or `push:<pipeline>`. */
export const getArtifact: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/builds/:id/artifact/:name',
    onRequest: access.needs(),
    schema: {
      tags: ['builds'],
      summary: 'The artifact of a build, or one of its companions, by file name',
      security: [{ token: [] }],
      params: z.object({ id: Id, name: z.string().max(255) }),
      response: {
        200: { description: 'The file', content: { 'application/octet-stream': { schema: z.unknown() } } },
        ...problems,
      },
    },
    handler: async (request, reply) => {
      const { id, name } = request.params;
      const { set } = (await findBuild(deps, id, access.callerOf(request))).found;
      const file = set === undefined ? undefined : [set.primary, ...set.companions].find((one) => one.name === name);
      if (file === undefined) throw new SlowLaneError('result.not-found', `build ${id} has no artifact file "${name}"`);
      const { stream, size } = await deps.blobs.open(file.digest);
      return reply
        .headers({
          'content-type': 'application/octet-stream',
          'content-disposition': `attachment; ${fileName(name)}`,
          'content-length': size,
          etag: `"${file.digest}"`,
        })
        .send(stream);
    },
  });
};
