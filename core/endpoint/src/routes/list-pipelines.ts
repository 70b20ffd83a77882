import { PipelineList } from '@slowlane/contracts';
import { pipelineView } from '../pipeline-view.ts';
import { problems, type Route } from '../route.ts';

export const listPipelines: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/pipelines',
    onRequest: access.needs('read', 'pipeline'),
    schema: {
      tags: ['pipelines'],
      summary: 'The newest revision of each pipeline',
      security: [{ token: [] }],
      response: { 200: PipelineList, ...problems },
    },
    handler: async (request) => {
      const caller = access.callerOf(request);
      const revisions = await deps.pipelines.list();
      return { pipelines: await Promise.all(revisions.map((revision) => pipelineView(deps, revision, caller))) };
    },
  });
};
