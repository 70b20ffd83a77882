import { z } from 'zod';
import { Name, Timestamp } from './common.ts';
import { FailureView } from './rest.ts';

/** One schedule of a pipeline. Times are epoch milliseconds. */
export const ScheduleView = z.object({
  pipeline: Name,
  name: Name,
  cron: z.string(),
  zone: z.string(),
  catchUp: z.enum(['skip', 'last', 'all']),
  paused: z.object({ by: z.string(), reason: z.string(), at: Timestamp.optional() }).optional(),
  /** The next occurrences; none while it is paused. */
  next: z.array(Timestamp),
  lastAt: Timestamp.optional(),
  lastRequest: z.string().optional(),
  /** Why the last occurrence became no request. */
  problem: z.string().optional(),
});
export type ScheduleView = z.infer<typeof ScheduleView>;
export const ScheduleList = z.object({ schedules: z.array(ScheduleView) });
export type ScheduleList = z.infer<typeof ScheduleList>;
export const PauseSchedule = z.strictObject({ reason: z.string().min(1).max(500).default('by hand') });
export type PauseSchedule = z.infer<typeof PauseSchedule>;

export const DeliveryStateName = z.enum(['pending', 'sent', 'dead']);

/** One notification to one address. */
export const DeliveryView = z.object({
  id: z.string(),
  request: z.string(),
  pipeline: Name,
  kind: z.enum(['webhook', 'email']),
  /** URL without its query, or `mailto:`. */
  address: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  state: DeliveryStateName,
  attempt: z.int(),
  /** Not tried before. */
  dueAt: Timestamp.optional(),
  status: z.int().optional(),
  failure: FailureView.optional(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type DeliveryView = z.infer<typeof DeliveryView>;
export const DeliveryList = z.object({
  deliveries: z.array(DeliveryView),
  /** For `before` of the next page; absent on the last. */
  next: z.string().optional(),
});
export type DeliveryList = z.infer<typeof DeliveryList>;
