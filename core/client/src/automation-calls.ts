import { DeliveryList, DeliveryView, ScheduleList, ScheduleView } from '@slowlane/contracts';
import type { Caller } from './call.ts';

/** Schedules and deliveries. */
export interface AutomationCalls {
  listSchedules(): Promise<ScheduleList>;
  pauseSchedule(pipeline: string, name: string, reason: string): Promise<ScheduleView>;
  resumeSchedule(pipeline: string, name: string): Promise<ScheduleView>;
  listDeliveries(query?: {
    state?: 'pending' | 'sent' | 'dead';
    before?: string;
    limit?: number;
  }): Promise<DeliveryList>;
  redeliver(id: string): Promise<DeliveryView>;
}

export function automationCalls(caller: Caller): AutomationCalls {
  const schedule = (pipeline: string, name: string): string =>
    `/v1/schedules/${encodeURIComponent(pipeline)}/${encodeURIComponent(name)}`;
  return {
    listSchedules: () => caller.json(ScheduleList, '/v1/schedules'),
    pauseSchedule: (pipeline, name, reason) =>
      caller.json(ScheduleView, `${schedule(pipeline, name)}/pause`, { method: 'POST', json: { reason } }),
    resumeSchedule: (pipeline, name) =>
      caller.json(ScheduleView, `${schedule(pipeline, name)}/resume`, { method: 'POST' }),
    listDeliveries: (query) => caller.json(DeliveryList, '/v1/deliveries', { query }),
    redeliver: (id) =>
      caller.json(DeliveryView, `/v1/deliveries/${encodeURIComponent(id)}/redeliver`, { method: 'POST' }),
  };
}
