import { RunView } from '@slowlane/contracts';
import { requireScope } from '../access.ts';
import { findRun } from '../find-run.ts';
import { problems, type Route } from '../route.ts';
import { AnyId } from '../schema.ts';

/** Scope: `request:<operation>`. */
export const cancelRun: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/runs/:id/cancel',
    onRequest: access.needs(),
    schema: {
      tags: ['runs'],
      summary: 'Cancel one part with its run; whether the request can do without it is its join policy',
      security: [{ token: [] }],
      params: AnyId,
      response: { 202: RunView, ...problems },
    },
    handler: async (request, reply) => {
      const caller = access.callerOf(request);
      const { request: owner, part } = await findRun(deps, request.params.id, caller);
      requireScope(caller, [`request:${owner.operation}`]);
      const state = await deps.requests.cancelPart(part.id, caller.name);
      reply.code(202);
      const { runPageUrl } = part;
      return {
        runId: part.runId ?? '',
        part: part.id,
        request: owner.id,
        state,
        workspace: owner.pin.workspace,
        runPageUrl,
      };
    },
  });
};
