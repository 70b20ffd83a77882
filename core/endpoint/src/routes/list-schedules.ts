import { ScheduleList } from '@slowlane/contracts';
import { problems, type Route } from '../route.ts';

export const listSchedules: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/schedules',
    onRequest: access.needs('read', 'pipeline'),
    schema: {
      tags: ['schedules'],
      summary: 'Schedules of all pipelines with their next occurrences',
      security: [{ token: [] }],
      response: { 200: ScheduleList, ...problems },
    },
    handler: async () => ({ schedules: (await deps.schedules?.list()) ?? [] }),
  });
};
