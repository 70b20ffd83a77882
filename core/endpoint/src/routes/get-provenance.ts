import { JsonObject, SlowLaneError } from '@slowlane/contracts';
import { findBuild } from '../find-build.ts';
import { readJsonBlob } from '../read-json-blob.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

/** Scope: `read`, `build` or `push:<pipeline>`. */
export const getProvenance: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/builds/:id/provenance',
    onRequest: access.needs(),
    schema: {
      tags: ['builds'],
      summary: 'The signed provenance of a build (DSSE envelope)',
      security: [{ token: [] }],
      params: ById,
      response: { 200: JsonObject, ...problems },
    },
    handler: async (request) => {
      const { id, found } = await findBuild(deps, request.params.id, access.callerOf(request));
      if (found.provenance === undefined)
        throw new SlowLaneError('result.not-found', `build ${id} has no provenance (yet)`);
      return await readJsonBlob(deps.blobs, found.provenance);
    },
  });
};
