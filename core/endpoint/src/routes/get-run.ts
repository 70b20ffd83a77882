import { type PartRecord, type RequestRecord, RunView } from '@slowlane/contracts';
import type { EndpointDeps } from '../endpoint-deps.ts';
import { findRun } from '../find-run.ts';
import { problems, type Route } from '../route.ts';
import { AnyId } from '../schema.ts';

/** A volume that does not answer takes nothing from the rest of the view. */
async function progressOf(deps: EndpointDeps, owner: RequestRecord, part: PartRecord): Promise<RunView['progress']> {
  try {
    return await deps.runProgress?.(owner, part);
  } catch (error) {
    deps.logger.warn({ part: part.id, error: String(error) }, 'progress of a run could not be read');
    return undefined;
  }
}

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
        progress: part.runId === undefined ? undefined : await progressOf(deps, owner, part),
      };
    },
  });
};
