import { BuildView } from '@slowlane/contracts';
import { buildView } from '../build-view.ts';
import { findBuild } from '../find-build.ts';
import { readJsonBlob } from '../read-json-blob.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

/** Scope: `read`, `build` or `push:<pipeline>`. */
export const getBuild: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/builds/:id',
    onRequest: access.needs(),
    schema: {
      tags: ['builds'],
      summary: 'One build with what its stages found',
      security: [{ token: [] }],
      params: ById,
      response: { 200: BuildView, ...problems },
    },
    handler: async (request) => {
      const build = await findBuild(deps, request.params.id, access.callerOf(request));
      const { manifest } = build.found;
      return buildView(build, manifest === undefined ? undefined : await readJsonBlob(deps.blobs, manifest));
    },
  });
};
