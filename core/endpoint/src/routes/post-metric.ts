import { GateList, MetricName, PostMetric } from '@slowlane/contracts';
import { z } from 'zod';
import { gatesOf } from '../gates-of.ts';
import { problems, type Route } from '../route.ts';

/** What `operation.gates.metric` and `metric` of a platform limit look at. */
export const postMetric: Route = (app, { deps, access }) => {
  app.route({
    method: 'PUT',
    url: '/v1/metrics/:name',
    onRequest: access.needs('gate'),
    schema: {
      tags: ['gates'],
      summary: 'Say how a metric stands; dimensions that name it close and open by it',
      description:
        'A value counts until it is older than `stale` of the rule that names it: post it again before that.',
      security: [{ token: [] }],
      params: z.object({ name: MetricName }),
      body: PostMetric,
      response: { 200: GateList, ...problems },
    },
    handler: async (request) => {
      await deps.gate.metric(request.params.name, request.body.value, access.callerOf(request).name);
      return { gates: await gatesOf(deps.gate) };
    },
  });
};
