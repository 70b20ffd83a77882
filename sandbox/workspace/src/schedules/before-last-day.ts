import { Cron } from 'croner';
import { unwrapRanges } from './unwrap-ranges.ts';

/** `L-3` or `L-3W` as the day of a month: so many days before its last, or the weekday nearest to that. */
export interface BeforeLastDay {
  days: number;
  isWeekday: boolean;
}

/** `undefined` for any other day field. */
export function beforeLastDay(field: string | undefined): BeforeLastDay | undefined {
  const match = /^L-([0-9]{1,2})(W?)$/.exec(field ?? '');
  if (match === null) return undefined;
  return { days: Number(match[1]), isWeekday: match[2] === 'W' };
}

/** Nobody's expression can skip more months than this and come back: leap years are at most 8 years apart. */
const mostMonths = 120;

/**
 * The first occurrence after a moment of an expression whose day is counted from the end of the month, which croner cannot: month by month,
 * with the day as a number. `fields` are six, or seven with the year; `cron` makes one of croner's in the expression's zone.
 */
export function nextBeforeLastDay(
  fields: readonly string[],
  { day, after, zone, cron }: { day: BeforeLastDay; after: number; zone: string; cron: (fields: string[]) => Cron },
): number | undefined {
  const [second = '', minute = '', hour = '', , , , year = '*'] = fields;
  const months = new Cron(`0 0 0 1 ${unwrapRanges(fields)[4]} ? ${year}`, {
    timezone: 'UTC',
    paused: true,
    sloppyRanges: true,
  });
  let cursor = new Date(firstOfMonth(after, zone) - 1_000);
  for (let count = 0; count < mostMonths; count++) {
    const first = months.nextRun(cursor);
    if (first === null) return undefined;
    cursor = first;
    const number = dayOf(first, day);
    if (number < 1) continue;
    const exact = [second, minute, hour, String(number), String(first.getUTCMonth() + 1), '?'];
    const found = cron([...exact, String(first.getUTCFullYear())]).nextRun(new Date(after));
    if (found !== null) return found.getTime();
  }
  return undefined;
}

/** Below 1 where the month is too short. */
function dayOf(first: Date, { days, isWeekday }: BeforeLastDay): number {
  const at = (day: number): Date => new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), day));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  const day = last - days;
  if (day < 1 || !isWeekday) return day;
  // The nearest weekday never lies in another month.
  const weekday = at(day).getUTCDay();
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === last ? day - 2 : day + 1;
  return day;
}

/** Midnight UTC of the first day of the month that a moment lies in, seen from a zone. */
function firstOfMonth(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-u-ca-gregory', { timeZone: zone, year: 'numeric', month: 'numeric' });
  const found = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(found['year'] as number, (found['month'] as number) - 1, 1);
}
