import { BuildView, isBuildTerminal, SlowLaneError } from '@slowlane/contracts';
import { requireScope } from '../access.ts';
import { buildView } from '../build-view.ts';
import { findBuild } from '../find-build.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

/** Scope: `build` or `push:<pipeline>`. */
export const cancelBuild: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/builds/:id/cancel',
    onRequest: access.needs(),
    schema: {
      tags: ['builds'],
      summary: 'Cancel a build',
      description: 'Its sandbox is ended. What is registered already stays.',
      security: [{ token: [] }],
      params: ById,
      response: { 202: BuildView, ...problems },
    },
    handler: async (request, reply) => {
      const caller = access.callerOf(request);
      const { id, state, pipeline } = await findBuild(deps, request.params.id, caller);
      requireScope(caller, ['build', `push:${pipeline}`]);
      if (isBuildTerminal(state)) throw new SlowLaneError('build.not-cancellable', `build ${id} has ended: ${state}`);
      await deps.builds.cancel(id);
      reply.code(202);
      return buildView(await findBuild(deps, id, caller));
    },
  });
};
