import { Cron } from 'croner';
import { beforeLastDay, nextBeforeLastDay } from './before-last-day.ts';
import { unwrapRanges } from './unwrap-ranges.ts';

/**
 * The first occurrence of a Quartz expression (6 fields, or 7 with the year) after a moment, in epoch milliseconds; `undefined` when there
 * is none any more. A local time that a clock change skips runs at the end of the gap; one that comes twice runs once.
 */
export function quartzAfter(expression: string, zone: string, after: number): number | undefined {
  const fields = fieldsOf(expression);
  const day = beforeLastDay(fields[3]);
  if (day !== undefined) return nextBeforeLastDay(fields, { day, after, zone, cron: (exact) => cronOf(exact, zone) });
  return cronOf(fields, zone).nextRun(new Date(after))?.getTime();
}

/** Why an expression or its zone cannot be used, in words for whoever wrote it. */
export function quartzProblem(expression: string, zone: string): string | undefined {
  if (!isZone(zone)) return `timezone_id: '${zone}' is no time zone.`;
  const name = `quartz_cron_expression '${expression}'`;
  const fields = fieldsOf(expression);
  if (fields.length !== 6 && fields.length !== 7)
    return `${name} must have 6 fields (seconds, minutes, hours, day of month, month, day of week) or 7 with the year.`;
  const unset = [fields[3], fields[5]].filter((field) => field === '?').length;
  if (unset !== 1) return `${name} must have '?' for exactly one of day of month and day of week.`;
  const day = beforeLastDay(fields[3]);
  if (day !== undefined && day.days > 30) return `${name} must not count more than 30 days back from the last day.`;
  if (day !== undefined) fields[3] = 'L';
  try {
    cronOf(fields, zone);
    return undefined;
  } catch (error) {
    return `${name} cannot be read: ${(error as Error).message.replace(/^CronPattern: /, '')}`;
  }
}

function cronOf(given: readonly string[], zone: string): Cron {
  const fields = unwrapRanges(given);
  // Alone, Quartz's L of the week is its last day.
  if (fields[5] === 'L') fields[5] = '7';
  const pattern = fields.join(' ');
  // Quartz counts the days of the week from Sunday = 1, and allows a step after a first value.
  return new Cron(pattern, { timezone: zone, paused: true, alternativeWeekdays: true, sloppyRanges: true });
}

function fieldsOf(expression: string): string[] {
  return expression.trim().toUpperCase().split(/\s+/);
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
