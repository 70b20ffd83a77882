import type { ScheduleEntry } from '@slowlane/contracts';
import { Cron } from 'croner';

export type CronTime = Pick<ScheduleEntry, 'cron' | 'zone'>;

/**
 * The first occurrence after a moment (epoch milliseconds), or `undefined` when there is none any more. A local time that a clock change skips runs at the end of
 * the gap; one that comes twice runs once, the first time. Throws for an expression or zone that cannot be read.
 */
export function occurrenceAfter(time: CronTime, after: number): number | undefined {
  return cronOf(time).nextRun(new Date(after))?.getTime();
}

export function nextOccurrences(time: CronTime, after: number, count: number): number[] {
  return cronOf(time)
    .nextRuns(count, new Date(after))
    .map((date) => date.getTime());
}

/** Occurrences in (after, upTo], oldest first: of more than `most` the newest. */
export function occurrencesBetween(
  time: CronTime,
  span: { after: number; upTo: number; most: number },
): { occurrences: number[]; dropped: number } {
  const cron = cronOf(time);
  const occurrences: number[] = [];
  let dropped = 0;
  for (let at = span.after; ;) {
    const next = cron.nextRun(new Date(at))?.getTime();
    if (next === undefined || next > span.upTo) return { occurrences, dropped };
    occurrences.push(next);
    if (occurrences.length > span.most) {
      occurrences.shift();
      dropped++;
    }
    at = next;
  }
}

const known = new Map<string, Cron>();
const mostKnown = 1_000;

/** Parsed once per expression: a thousand schedules are looked at every few seconds. */
function cronOf({ cron, zone }: CronTime): Cron {
  const key = `${zone} ${cron}`;
  const found = known.get(key) ?? new Cron(cron, { mode: '5-part', timezone: zone, paused: true });
  if (known.size >= mostKnown) known.clear();
  known.set(key, found);
  return found;
}
