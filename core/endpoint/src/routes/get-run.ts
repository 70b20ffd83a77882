import { RunView } from '@slowlane/contracts';
import { findRun } from '../find-run.ts';
import { problems, type Route } from '../route.ts';
import { AnyId } from '../schema.ts';

/** Scope: `read` or `request:<operation>`. */
export const getRun: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/runs/:id',
    onRequest: access.needs(),
    schema: {
      tags: ['runs'],
      summary: 'A run, by the id of the workspace or of its part',
      security: [{ token: [] }],
      params: AnyId,
      response: { 200: RunView, ...problems },
    },
    handler: async (request) => {
      const { request: owner, part } = await findRun(deps, request.params.id, access.callerOf(request));
      return {
        runId: part.runId ?? '',
        part: part.id,
        request: owner.id,
        state: part.state,
        workspace: owner.pin.workspace,
        runPageUrl: part.runPageUrl,
      };
    },
  });
};
