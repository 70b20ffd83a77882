import { DurationText, ResultView } from '@slowlane/contracts';
import { parseDuration } from '@slowlane/kit';
import { z } from 'zod';
import { findRequest } from '../find-request.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

/** Scope: `read` or `request:<operation>`. */
export const getResult: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/requests/:id/result',
    onRequest: access.needs(),
    schema: {
      tags: ['results'],
      summary: 'Links to the result files, valid for the time the operation says, or a shorter one',
      security: [{ token: [] }],
      params: ById,
      querystring: z.object({ ttl: DurationText.optional() }),
      response: { 200: ResultView, ...problems },
    },
    handler: async (request) => {
      const found = await findRequest(deps, request.params.id, access.callerOf(request));
      const revision = await deps.pipelines.get(found.pin.pipeline, found.pin.revision);
      const most = parseDuration(revision?.file.operation.result.link_ttl ?? '24h');
      const { ttl } = request.query;
      const links = deps.results.links(found, ttl === undefined ? most : Math.min(most, parseDuration(ttl)));
      const files = links.map((link) => ({ ...link, href: new URL(link.href, `${deps.publicUrl}/`).href }));
      return { request: found.id, state: found.state, files };
    },
  });
};
