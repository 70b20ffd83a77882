import { GateList } from '@slowlane/contracts';
import { gatesOf } from '../gates-of.ts';
import { problems, type Route } from '../route.ts';

export const listGates: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/gates',
    onRequest: access.needs('read', 'gate'),
    schema: {
      tags: ['gates'],
      summary: 'Limits and use of every gate dimension',
      security: [{ token: [] }],
      response: { 200: GateList, ...problems },
    },
    handler: async () => ({ gates: await gatesOf(deps.gate) }),
  });
};
