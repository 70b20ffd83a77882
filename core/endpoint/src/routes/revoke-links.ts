import { LinksRevoked, RevokeLinks, SlowLaneError } from '@slowlane/contracts';
import { requireScope } from '../access.ts';
import { findRequest } from '../find-request.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

/** Scope: `request:<operation>`. */
export const revokeLinks: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/requests/:id/result/revoke',
    onRequest: access.needs(),
    schema: {
      tags: ['results'],
      summary: 'Make one link to a result, or all that were given out so far, worthless',
      security: [{ token: [] }],
      params: ById,
      body: RevokeLinks,
      response: { 200: LinksRevoked, ...problems },
    },
    handler: async (request) => {
      const caller = access.callerOf(request);
      const found = await findRequest(deps, request.params.id, caller);
      requireScope(caller, [`request:${found.operation}`]);
      if (deps.results.revoke === undefined)
        throw new SlowLaneError('platform.unexpected', 'links cannot be revoked in this installation');
      const { link } = request.body;
      await deps.results.revoke(found.id, { by: caller.name, ...(link !== undefined && { link }) });
      return { request: found.id, revoked: link === undefined ? ('all' as const) : ('one' as const) };
    },
  });
};
