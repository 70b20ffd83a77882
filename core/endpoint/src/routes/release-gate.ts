import { GateList, ReleaseGate, SlowLaneError } from '@slowlane/contracts';
import { z } from 'zod';
import { gatesOf } from '../gates-of.ts';
import { problems, type Route } from '../route.ts';
import { Dimension } from '../schema.ts';

export const releaseGate: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/gates/:dimension/release',
    onRequest: access.needs('gate'),
    schema: {
      tags: ['gates'],
      summary: 'End a pause or a drain; on `*` also the closing of the whole gate',
      security: [{ token: [] }],
      params: z.object({ dimension: Dimension }),
      body: ReleaseGate,
      response: { 200: GateList, ...problems },
    },
    handler: async (request) => {
      const { dimension } = request.params;
      const released = await deps.gate.release(dimension, access.callerOf(request).name, request.body.reason);
      if (!released)
        throw new SlowLaneError('gate.not-closed', `nothing is paused, drained or closed on "${dimension}"`);
      return { gates: await gatesOf(deps.gate) };
    },
  });
};
