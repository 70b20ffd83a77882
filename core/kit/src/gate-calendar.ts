import { SlowLaneError } from '@slowlane/contracts';

/** Times in which parts may start, as the pipeline file or the platform wrote them. */
export interface GateTimes {
  /** `[Mon-Fri ]22:00-06:00[ Europe/Madrid]`; none = always. */
  windows?: readonly string[] | undefined;
  /** `2026-12-24` or `2026-12-24..2026-12-26`, in the zone of the first window (UTC without one). */
  blackout?: readonly string[] | undefined;
}

export interface GateCalendar {
  /** Whether it is open at that time (epoch ms), and until when; `undefined` = no change within 400 days. */
  at(ms: number): { open: boolean; until: number | undefined };
}

interface Window {
  days: ReadonlySet<number>;
  startMinute: number;
  /** Counted from the day on which the window starts: above 1,440 over midnight. */
  endMinute: number;
  zone: string;
}

type Interval = [start: number, end: number];

const DAY_MS = 86_400_000;
const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const windowForm = /^(?:((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[A-Za-z,-]*) )?(\d\d):(\d\d)-(\d\d):(\d\d)(?: (\S+))?$/;

/**
 * Windows and blackout dates as a calendar. Local times follow the zone's clock: one that a change to summer time skips counts as the time
 * after the gap, one that occurs twice as the first of both (as in RFC 5545 and Temporal's "compatible"). A window that ends at or before
 * its start ends on the next day, and its days are those on which it starts.
 *
 * Throws `pipeline.invalid` for a text that is no window, an unknown zone, or a date that does not exist.
 */
export function gateCalendar(times: GateTimes): GateCalendar {
  const windows = (times.windows ?? []).map(parseWindow);
  const zone = windows[0]?.zone ?? 'UTC';
  const blackout = (times.blackout ?? []).map((text) => parseBlackout(text, zone));
  return {
    at(ms) {
      // Most changes lie within days; a long blackout, or a window one day a week, needs a longer look.
      for (const days of [9, 60, 400]) {
        const found = look({ windows, blackout }, ms, days);
        if (found.until !== undefined || days === 400) return found;
      }
      throw new Error('unreachable');
    },
  };
}

function look(
  { windows, blackout }: { windows: readonly Window[]; blackout: readonly Interval[] },
  ms: number,
  days: number,
): { open: boolean; until: number | undefined } {
  const intervals = windows.flatMap((window) => occurrences(window, ms, days));
  const isIn = (list: readonly Interval[], at: number) => list.some(([start, end]) => start <= at && at < end);
  const isOpen = (at: number) => (windows.length === 0 || isIn(intervals, at)) && !isIn(blackout, at);
  const open = isOpen(ms);
  const limit = ms + days * DAY_MS;
  const edges = [...intervals, ...blackout].flat().filter((edge) => edge > ms && edge <= limit);
  return { open, until: edges.sort((a, b) => a - b).find((edge) => isOpen(edge) !== open) };
}

function occurrences(window: Window, ms: number, days: number): Interval[] {
  const { year, month, day } = localDate(ms, window.zone);
  const found: Interval[] = [];
  // From two days before: a window of yesterday may still be open, and zones differ by more than a day from each other's dates.
  for (let offset = -2; offset <= days + 1; offset++) {
    const date = new Date(Date.UTC(year, month - 1, day + offset));
    if (!window.days.has(date.getUTCDay())) continue;
    const start = epochOf(date.getTime() + window.startMinute * 60_000, window.zone);
    const end = epochOf(date.getTime() + window.endMinute * 60_000, window.zone);
    if (end > start) found.push([start, end]);
  }
  return found;
}

function parseWindow(text: string): Window {
  const match = windowForm.exec(text);
  if (match === null) throw invalid(text, 'a window looks like "22:00-06:00 Europe/Madrid" or "Mon-Fri 20:00-24:00"');
  const [, days, startHour, startMinute, endHour, endMinute, zone = 'UTC'] = match;
  const start = Number(startHour) * 60 + Number(startMinute);
  const end = Number(endHour) * 60 + Number(endMinute);
  if (start >= 1_440 || end > 1_440 || Number(startMinute) > 59 || Number(endMinute) > 59)
    throw invalid(text, 'times go from 00:00 to 24:00');
  mustBeZone(zone, text);
  return { days: parseDays(days, text), startMinute: start, endMinute: end > start ? end : end + 1_440, zone };
}

function parseDays(text: string | undefined, window: string): ReadonlySet<number> {
  if (text === undefined) return new Set([0, 1, 2, 3, 4, 5, 6]);
  const days = new Set<number>();
  for (const range of text.split(',')) {
    const [first, last = first, more] = range.split('-').map((name) => dayNames.indexOf(name));
    if (first === undefined || last === undefined || first < 0 || last < 0 || more !== undefined)
      throw invalid(window, 'days look like "Mon-Fri" or "Sat,Sun"');
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

function parseBlackout(text: string, zone: string): Interval {
  const [first, last = first] = text.split('..') as [string, string?];
  const start = dateOf(first, text);
  const end = dateOf(last, text);
  if (end < start) throw invalid(text, 'the last date lies before the first');
  return [epochOf(start, zone), epochOf(end + DAY_MS, zone)];
}

function dateOf(text: string, whole: string): number {
  const ms = Date.parse(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text)
    throw invalid(whole, `there is no date ${text}`);
  return ms;
}

function mustBeZone(zone: string, text: string): void {
  try {
    formatOf(zone);
  } catch (cause) {
    throw new SlowLaneError('pipeline.invalid', `"${text}": there is no time zone "${zone}"`, {
      hint: 'Use a name of the IANA list: Europe/Madrid, America/New_York, UTC.',
      cause,
    });
  }
}

function invalid(text: string, hint: string): SlowLaneError {
  return new SlowLaneError(
    'pipeline.invalid',
    `${JSON.stringify(text)} is no time at which the gate could open: ${hint}`,
    {
      hint: `Correct it: ${hint}.`,
    },
  );
}

/** Epoch ms of a local time that is given as if it were UTC. */
function epochOf(local: number, zone: string): number {
  const before = offsetAt(local - DAY_MS, zone);
  const after = offsetAt(local + DAY_MS, zone);
  const matching = [local - before, local - after].filter((ms) => ms + offsetAt(ms, zone) === local);
  // In a gap neither matches: the offset before it gives the time as far after the gap as the local time lies in it.
  return matching.length === 0 ? local - before : Math.min(...matching);
}

function offsetAt(ms: number, zone: string): number {
  const { year, month, day, hour, minute, second } = localDate(ms, zone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1_000) * 1_000;
}

type LocalDate = Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>;

function localDate(ms: number, zone: string): LocalDate {
  const parts = formatOf(zone).formatToParts(ms);
  return Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)])) as LocalDate;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one takes longer than using it a thousand times. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, format);
  return format;
}
