import { SlowLaneError } from '@slowlane/contracts';
import { z } from 'zod';
import { findRun } from '../find-run.ts';
import { problems, type Route } from '../route.ts';
import { AnyId } from '../schema.ts';

/** Scope: `read` or `request:<operation>`. */
export const getRunLog: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/runs/:id/log',
    onRequest: access.needs(),
    schema: {
      tags: ['runs'],
      summary: 'The log of the driver, as text',
      security: [{ token: [] }],
      params: AnyId,
      response: { 200: { description: 'Lines', content: { 'text/plain': { schema: z.string() } } }, ...problems },
    },
    handler: async (request, reply) => {
      const { part } = await findRun(deps, request.params.id, access.callerOf(request));
      const log = await deps.runLog(part);
      if (log === undefined) throw new SlowLaneError('run.not-found', `the run of part ${part.id} has no log (yet)`);
      return reply.type('text/plain; charset=utf-8').send(log);
    },
  });
};
