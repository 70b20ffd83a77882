import { z } from 'zod';

const pause_status = z.enum(['PAUSED', 'UNPAUSED']).optional();

/** @see https://docs.databricks.com/api/workspace/jobs/create (schedule) */
export const CronSchedule = z.looseObject({
  quartz_cron_expression: z.string().min(1).max(500),
  timezone_id: z.string().min(1).max(100),
  pause_status,
});

/** @see https://docs.databricks.com/api/workspace/jobs/create (continuous) */
export const Continuous = z.looseObject({ pause_status });

/** Other triggers wait for things outside the workspace and are refused by name. */
export const Trigger = z.looseObject({
  pause_status,
  periodic: z
    .looseObject({ interval: z.int().min(1).max(10_000), unit: z.enum(['MINUTES', 'HOURS', 'DAYS', 'WEEKS']) })
    .optional(),
});

/** What one job is started by; at most one of it. */
export const JobTriggers = z.looseObject({
  schedule: CronSchedule.nullish(),
  continuous: Continuous.nullish(),
  trigger: Trigger.nullish(),
});
