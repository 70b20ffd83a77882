import { Promoted, PromotePipeline } from '@slowlane/contracts';
import { findPipeline } from '../find-pipeline.ts';
import { promote } from '../promote.ts';
import { problems, type Route } from '../route.ts';
import { ByName } from '../schema.ts';

export const promotePipeline: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/pipelines/:name/promote',
    onRequest: access.needs('pipeline'),
    schema: {
      tags: ['pipelines'],
      summary: 'Register with a target what was built already, the same bytes and without a build',
      security: [{ token: [] }],
      params: ByName,
      body: PromotePipeline,
      response: { 200: Promoted, ...problems },
    },
    handler: async (request) => {
      const { name } = request.params;
      const revision = await findPipeline(deps, name);
      const by = access.callerOf(request).name;
      const to = await promote(deps, { revision, wanted: request.body, by });
      return {
        pipeline: name,
        target: to.target,
        workspace: to.workspace,
        artifact: to.set.digest,
        jobId: to.jobId,
        buildId: to.buildId,
        commit: to.commit,
        registrationId: to.id,
      };
    },
  });
};
