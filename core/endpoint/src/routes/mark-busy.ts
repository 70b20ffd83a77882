import { GateList, MarkBusy, SlowLaneError } from '@slowlane/contracts';
import { z } from 'zod';
import { gatesOf } from '../gates-of.ts';
import { problems, type Route } from '../route.ts';
import { Dimension } from '../schema.ts';

/** For the systems behind a dimension: each caller has a word of its own, and takes back only that. */
export const markBusy: Route = (app, { deps, access }) => {
  app.route({
    method: 'PUT',
    url: '/v1/gates/:dimension/busy',
    onRequest: access.needs('gate'),
    schema: {
      tags: ['gates'],
      summary: 'Postpone what would start on a dimension while you are busy; repeating it moves `until`',
      security: [{ token: [] }],
      params: z.object({ dimension: Dimension }),
      body: MarkBusy,
      response: { 200: GateList, ...problems },
    },
    handler: async (request) => {
      const { reason, until } = request.body;
      await deps.gate.busy(request.params.dimension, { by: access.callerOf(request).name, reason, until });
      return { gates: await gatesOf(deps.gate) };
    },
  });
};

export const markFree: Route = (app, { deps, access }) => {
  app.route({
    method: 'DELETE',
    url: '/v1/gates/:dimension/busy',
    onRequest: access.needs('gate'),
    schema: {
      tags: ['gates'],
      summary: 'Take your own busy word back',
      security: [{ token: [] }],
      params: z.object({ dimension: Dimension }),
      response: { 200: GateList, ...problems },
    },
    handler: async (request) => {
      const { dimension } = request.params;
      const by = access.callerOf(request).name;
      if (!(await deps.gate.free(dimension, by)))
        throw new SlowLaneError('gate.not-closed', `"${by}" has not called "${dimension}" busy`);
      return { gates: await gatesOf(deps.gate) };
    },
  });
};
