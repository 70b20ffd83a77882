import { BuildVerification, SlowLaneError } from '@slowlane/contracts';
import { findBuild } from '../find-build.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

/** Scope: `read`, `build` or `push:<pipeline>`. */
export const verifyBuild: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/builds/:id/verification',
    onRequest: access.needs(),
    schema: {
      tags: ['builds'],
      summary: 'Check what was kept of a build, byte for byte',
      description: 'Signature of the provenance, files of the artifact, log, bill of materials and test report.',
      security: [{ token: [] }],
      params: ById,
      response: { 200: BuildVerification, ...problems },
    },
    handler: async (request) => {
      const { id, found } = await findBuild(deps, request.params.id, access.callerOf(request));
      const { set, provenance } = found;
      if (set === undefined || provenance === undefined)
        throw new SlowLaneError('result.not-found', `build ${id} has no artifact (yet)`);
      return await deps.verifyBuild({ set, provenance });
    },
  });
};
