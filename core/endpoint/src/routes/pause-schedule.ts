import { Name, PauseSchedule, type ScheduleControl, ScheduleView, SlowLaneError } from '@slowlane/contracts';
import { z } from 'zod';
import { problems, type Route } from '../route.ts';

const Params = z.object({ pipeline: Name, name: Name });
const base = { tags: ['schedules'], security: [{ token: [] }], params: Params };

export const pauseSchedule: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/schedules/:pipeline/:name/pause',
    onRequest: access.needs('pipeline'),
    schema: {
      ...base,
      summary: 'Pause a schedule by hand; what falls into the pause is skipped',
      body: PauseSchedule,
      response: { 200: ScheduleView, ...problems },
    },
    handler: (request) => {
      const { pipeline, name } = request.params;
      const by = access.callerOf(request).name;
      return controlOf(deps.schedules, pipeline).pause(pipeline, name, { by, reason: request.body.reason });
    },
  });
};

export const resumeSchedule: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/schedules/:pipeline/:name/resume',
    onRequest: access.needs('pipeline'),
    schema: { ...base, summary: 'Let a paused schedule go on', response: { 200: ScheduleView, ...problems } },
    handler: (request) => {
      const { pipeline, name } = request.params;
      return controlOf(deps.schedules, pipeline).resume(pipeline, name, access.callerOf(request).name);
    },
  });
};

function controlOf(control: ScheduleControl | undefined, pipeline: string): ScheduleControl {
  if (control !== undefined) return control;
  throw new SlowLaneError('schedule.not-found', `the pipeline "${pipeline}" has no schedule here`);
}
