import { GateList } from '@slowlane/contracts';
import { z } from 'zod';
import { gatesOf } from '../gates-of.ts';
import { problems, type Route } from '../route.ts';
import { Dimension } from '../schema.ts';

export const resetGate: Route = (app, { deps, access }) => {
  app.route({
    method: 'DELETE',
    url: '/v1/gates/:dimension',
    onRequest: access.needs('gate'),
    schema: {
      tags: ['gates'],
      summary: 'Back to the limit of the pipeline file or the configuration',
      security: [{ token: [] }],
      params: z.object({ dimension: Dimension }),
      response: { 200: GateList, ...problems },
    },
    handler: async (request) => {
      await deps.gate.reset(request.params.dimension, access.callerOf(request).name);
      return { gates: await gatesOf(deps.gate) };
    },
  });
};
