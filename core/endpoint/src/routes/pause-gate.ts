import { GateList, PauseGate, SlowLaneError } from '@slowlane/contracts';
import { z } from 'zod';
import { gatesOf } from '../gates-of.ts';
import { problems, type Route } from '../route.ts';
import { Dimension } from '../schema.ts';

export const pauseGate: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/gates/:dimension/pause',
    onRequest: access.needs('gate'),
    schema: {
      tags: ['gates'],
      summary: 'Let nothing new through on a dimension until it is released, or until a time; what runs goes on',
      security: [{ token: [] }],
      params: z.object({ dimension: Dimension }),
      body: PauseGate,
      response: { 200: GateList, ...problems },
    },
    handler: async (request) => {
      const { reason, until, drain } = request.body;
      const { dimension } = request.params;
      const by = access.callerOf(request).name;
      if (drain === true && until !== undefined)
        throw new SlowLaneError('request.invalid', 'body.until: a drain has no end of its own; release it');
      if (drain === true) await deps.gate.drain(dimension, by, reason);
      else await deps.gate.pause(dimension, by, reason, until);
      return { gates: await gatesOf(deps.gate) };
    },
  });
};
