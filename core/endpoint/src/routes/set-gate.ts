import { GateList, SetGate, SlowLaneError, mostPlaces } from '@slowlane/contracts';
import { isBudget } from '@slowlane/kit';
import { z } from 'zod';
import { gatesOf } from '../gates-of.ts';
import { problems, type Route } from '../route.ts';
import { Dimension } from '../schema.ts';

export const setGate: Route = (app, { deps, access }) => {
  app.route({
    method: 'PUT',
    url: '/v1/gates/:dimension',
    onRequest: access.needs('gate'),
    schema: {
      tags: ['gates'],
      summary: 'Set a limit by hand, until it is reset; 0 holds everything back',
      security: [{ token: [] }],
      params: z.object({ dimension: Dimension }),
      body: SetGate,
      response: { 200: GateList, ...problems },
    },
    handler: async (request) => {
      const { limit, reason } = request.body;
      const { dimension } = request.params;
      if (limit > mostPlaces && !isBudget(dimension))
        throw new SlowLaneError('request.invalid', `the limit of ${dimension} must be at most ${mostPlaces}`);
      await deps.gate.set(dimension, limit, access.callerOf(request).name, reason);
      return { gates: await gatesOf(deps.gate) };
    },
  });
};
