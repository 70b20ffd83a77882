import { type GateRule, SlowLaneError } from '@slowlane/contracts';
import { type GateCalendar, gateCalendar } from '@slowlane/kit';
import { isDimension } from './gate-class.ts';

/** What `set-limits` takes per dimension: dimension, limit, record, event data, rule, windows open now, their next change, metric. */
export type LimitRow = [string, string, string, string, string, string, string, string];

export function handRow(dimension: string, limit: number, hand: { by: string; reason: string }): LimitRow {
  mustBeDimension(dimension);
  return [
    dimension,
    limitText(limit),
    JSON.stringify(hand),
    JSON.stringify({ dimension, limit, ...hand }),
    '',
    '',
    '',
    '',
  ];
}

export function resetRow(dimension: string, by: string): LimitRow {
  mustBeDimension(dimension);
  return [dimension, '', '', JSON.stringify({ dimension, limit: null, by, reason: 'reset' }), '', '', '', ''];
}

/** `at`: Redis' time, for which windows are worked out. */
export function declaredRow(dimension: string, declared: number | GateRule, at: number): LimitRow {
  mustBeDimension(dimension);
  const { limit = Infinity, ...rule } = typeof declared === 'number' ? { limit: declared } : declared;
  const { windows = [], blackout = [], metric, over } = rule;
  const text = limit === Infinity ? '' : limitText(limit);
  const hasTimes = windows.length > 0 || blackout.length > 0;
  if (!hasTimes && metric === undefined && over === undefined) return [dimension, text, '', '', '', '', '', ''];
  const [open, until] = hasTimes ? windowState(gateCalendar(rule), at) : ['', ''];
  return [dimension, text, '', '', ruleText(rule), open, until, metric?.name ?? ''];
}

/** `1` or `0`, and the next change in ms or nothing, as the scripts take it. */
export function windowState(calendar: GateCalendar, at: number): [open: string, until: string] {
  const { open, until } = calendar.at(at);
  return [open ? '1' : '0', until === undefined ? '' : String(until)];
}

/** The scripts look for the metric's name at the beginning of `metric`. */
function ruleText({ windows, blackout, metric, over }: Omit<GateRule, 'limit'>): string {
  const { name = '', above = 0, below, staleMs = 900_000 } = metric ?? {};
  return JSON.stringify({
    windows,
    blackout,
    over,
    ...(metric === undefined ? {} : { metric: { name, above, below, staleMs } }),
  });
}

export function limitText(limit: number): string {
  if (!Number.isSafeInteger(limit) || limit < 0)
    throw new SlowLaneError('request.invalid', `not a limit: ${limit}`, { hint: 'Use a whole number from 0.' });
  return String(limit);
}

export function mustBeDimension(text: string): void {
  if (!isDimension(text))
    throw new SlowLaneError('gate.unknown-dimension', `not a gate dimension: ${JSON.stringify(text)}`);
}
