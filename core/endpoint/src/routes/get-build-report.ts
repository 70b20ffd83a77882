import { BuildReport, SlowLaneError } from '@slowlane/contracts';
import { findBuild } from '../find-build.ts';
import { readJsonBlob } from '../read-json-blob.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

/** Scope: `read`, `build` or `push:<pipeline>`. */
export const getBuildReport: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/builds/:id/report',
    onRequest: access.needs(),
    schema: {
      tags: ['builds'],
      summary: 'What the tests of a build said',
      description: 'Counts, names of failed tests, coverage; also of a build that failed by it.',
      security: [{ token: [] }],
      params: ById,
      response: { 200: BuildReport, ...problems },
    },
    handler: async (request) => {
      const { id, found } = await findBuild(deps, request.params.id, access.callerOf(request));
      if (found.report === undefined)
        throw new SlowLaneError('result.not-found', `build ${id} has no test report (yet)`);
      return BuildReport.parse(await readJsonBlob(deps.blobs, found.report));
    },
  });
};
