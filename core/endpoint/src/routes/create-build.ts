import { BuildView, CreateBuild } from '@slowlane/contracts';
import { buildView } from '../build-view.ts';
import { problems, type Route } from '../route.ts';
import { startBuild } from '../start-build.ts';

export const createBuild: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/builds',
    onRequest: access.needs('build'),
    schema: {
      tags: ['builds'],
      summary: 'Build a source; registers nothing',
      security: [{ token: [] }],
      body: CreateBuild,
      response: { 202: BuildView, ...problems },
    },
    handler: async (request, reply) => {
      const caller = access.callerOf(request);
      const build = await startBuild(deps, { caller, correlationId: request.id, body: request.body });
      reply.code(202).header('location', `${deps.publicUrl}/v1/builds/${build.id}`);
      return buildView(build);
    },
  });
};
