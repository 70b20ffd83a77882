import { DeliveryView, SlowLaneError } from '@slowlane/contracts';
import { deliveryView } from '../delivery-view.ts';
import { problems, type Route } from '../route.ts';
import { ById } from '../schema.ts';

export const redeliver: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/deliveries/:id/redeliver',
    onRequest: access.needs('pipeline'),
    schema: {
      tags: ['deliveries'],
      summary: 'Send a dead notification again: the same event with the same id, tries counted from 0',
      security: [{ token: [] }],
      params: ById,
      response: { 202: DeliveryView, ...problems },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      if (deps.deliveries === undefined) throw new SlowLaneError('notify.not-found', `there is no delivery ${id}`);
      const record = await deps.deliveries.redeliver(id, access.callerOf(request).name);
      return reply.code(202).send(deliveryView(record));
    },
  });
};
