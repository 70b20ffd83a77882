import { RollbackPipeline, RolledBack } from '@slowlane/contracts';
import { findPipeline } from '../find-pipeline.ts';
import { rollBack } from '../roll-back.ts';
import { problems, type Route } from '../route.ts';
import { ByName } from '../schema.ts';

export const rollbackPipeline: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/pipelines/:name/rollback',
    onRequest: access.needs('pipeline'),
    schema: {
      tags: ['pipelines'],
      summary: 'Let new requests run an earlier artifact; what was accepted before keeps its own',
      security: [{ token: [] }],
      params: ByName,
      body: RollbackPipeline,
      response: { 200: RolledBack, ...problems },
    },
    handler: async (request) => {
      const { name } = request.params;
      const revision = await findPipeline(deps, name);
      const by = access.callerOf(request).name;
      const { from, to } = await rollBack(deps, { revision, wanted: request.body, by });
      return {
        pipeline: name,
        target: to.target,
        workspace: to.workspace,
        from: from.set.digest,
        to: to.set.digest,
        jobId: to.jobId,
        buildId: to.buildId,
        commit: to.commit,
        registrationId: to.id,
      };
    },
  });
};
