import { quartzAfter } from './quartz.ts';
import { JobTriggers } from './schema.ts';

/** What starts the runs of a job by itself. */
export type StartRule =
  { kind: 'cron'; expression: string; zone: string } | { kind: 'periodic'; everyMs: number } | { kind: 'continuous' };

const unitMs = { MINUTES: 60_000, HOURS: 3_600_000, DAYS: 86_400_000, WEEKS: 604_800_000 };

/** The active rule in checked settings; `undefined` where there is none or it is paused. */
export function startRuleOf(settings: unknown): StartRule | undefined {
  const { schedule, continuous, trigger } = JobTriggers.parse(settings);
  if (schedule && schedule.pause_status !== 'PAUSED')
    return { kind: 'cron', expression: schedule.quartz_cron_expression, zone: schedule.timezone_id };
  if (continuous && continuous.pause_status !== 'PAUSED') return { kind: 'continuous' };
  if (trigger?.periodic !== undefined && trigger.pause_status !== 'PAUSED')
    return { kind: 'periodic', everyMs: trigger.periodic.interval * unitMs[trigger.periodic.unit] };
  return undefined;
}

/**
 * The vendor's least distance of scheduled runs, whatever the seconds of the expression say.
 *
 * @see https://docs.databricks.com/jobs/scheduled.html
 */
const leastDistanceMs = 10_000;

/** The first start of a rule that is new, or that goes on after a pause of the workspace. A continuous job starts at once. */
export function firstStart(rule: StartRule, now: number): number | undefined {
  if (rule.kind === 'continuous') return now;
  return rule.kind === 'periodic' ? now + rule.everyMs : quartzAfter(rule.expression, rule.zone, now);
}

/** The start after one that was due at `due`: what passed meanwhile is left out, not caught up. */
export function startAfter(
  rule: Exclude<StartRule, { kind: 'continuous' }>,
  due: number,
  now: number,
): number | undefined {
  if (rule.kind === 'periodic') return due + (Math.floor(Math.max(0, now - due) / rule.everyMs) + 1) * rule.everyMs;
  return quartzAfter(rule.expression, rule.zone, Math.max(due + leastDistanceMs - 1_000, now));
}

/** How long a continuous job waits after so many failures in a row: 10 s doubled each time, an hour at most. Ours: the vendor names no figures. */
export function restartDelayMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(3_600_000, 10_000 * 2 ** Math.min(failures - 1, 20));
}
