import { DeliveryList, DeliveryStateName, Id } from '@slowlane/contracts';
import { z } from 'zod';
import { deliveryView } from '../delivery-view.ts';
import { problems, type Route } from '../route.ts';

const Query = z.object({
  state: DeliveryStateName.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: Id.optional(),
});

export const listDeliveries: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/deliveries',
    onRequest: access.needs('read'),
    schema: {
      tags: ['deliveries'],
      summary: 'Notifications, newest first; state=dead lists those that nobody tries any more',
      security: [{ token: [] }],
      querystring: Query,
      response: { 200: DeliveryList, ...problems },
    },
    handler: async (request) => {
      const { limit } = request.query;
      const records = (await deps.deliveries?.list(request.query)) ?? [];
      const last = records.length === limit ? records.at(-1) : undefined;
      return { deliveries: records.map(deliveryView), next: last?.id };
    },
  });
};
