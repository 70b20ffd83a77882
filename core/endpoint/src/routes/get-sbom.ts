import { JsonObject, SlowLaneError } from '@slowlane/contracts';
import { findBuild } from '../find-build.ts';
import { readJsonBlob } from '../read-json-blob.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

/** Scope: `read`, `build` or `push:<pipeline>`. */
export const getSbom: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/builds/:id/sbom',
    onRequest: access.needs(),
    schema: {
      tags: ['builds'],
      summary: 'The bill of materials of a build (CycloneDX 1.6)',
      description: 'All that the dependency gateway served for it, build tools included.',
      security: [{ token: [] }],
      params: ById,
      response: { 200: JsonObject, ...problems },
    },
    handler: async (request) => {
      const { id, found } = await findBuild(deps, request.params.id, access.callerOf(request));
      if (found.sbom === undefined)
        throw new SlowLaneError('result.not-found', `build ${id} has no bill of materials (yet)`);
      return await readJsonBlob(deps.blobs, found.sbom);
    },
  });
};
