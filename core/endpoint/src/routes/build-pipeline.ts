import { BuildPipeline, BuildView } from '@slowlane/contracts';
import { requireScope } from '../access.ts';
import { buildPipeline as start } from '../build-pipeline.ts';
import { buildView } from '../build-view.ts';
import { findPipeline } from '../find-pipeline.ts';
import { problems, type Route } from '../route.ts';
import { ByName } from '../schema.ts';

/** Scope: `push:<pipeline>`, because its end is that of a push. */
export const buildPipeline: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/pipelines/:name/builds',
    onRequest: access.needs(),
    schema: {
      tags: ['pipelines'],
      summary: 'Build the git source that the pipeline file names, and register it as a push would',
      security: [{ token: [] }],
      params: ByName,
      body: BuildPipeline,
      response: { 202: BuildView, ...problems },
    },
    handler: async (request, reply) => {
      const { name } = request.params;
      const caller = access.callerOf(request);
      requireScope(caller, [`push:${name}`]);
      const revision = await findPipeline(deps, name);
      const build = await start(deps, { revision, caller, correlationId: request.id, body: request.body });
      reply.code(202).header('location', `${deps.publicUrl}/v1/builds/${build.id}`);
      return buildView(build);
    },
  });
};
