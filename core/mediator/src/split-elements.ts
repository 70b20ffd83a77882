import { type Json, type JsonObject, type SplitSpec, SlowLaneError, type VolumeStore } from '@slowlane/contracts';
import type { ExpressionEvaluator } from './expression-evaluator.ts';
import { readValues } from './read-values.ts';

export interface SplitTools {
  evaluator: ExpressionEvaluator;
  volumes: VolumeStore | undefined;
}

/** More than that is a mistake, and memory; the parts are bounded by the policy besides. */
const mostElements = 100_000;

/** What a request is split by, whatever says so. Throws `mediate.failed` that names the step. */
export async function splitElements(body: JsonObject, split: SplitSpec, tools: SplitTools): Promise<Json[]> {
  if (split.by !== undefined) return listOf(body[split.by], 'split', `field "${split.by}"`);
  if (split.range !== undefined) return rangeOf(body, split.range, tools.evaluator);
  if (split.file !== undefined) return fileOf(split.file, tools.volumes);
  const value = await tools.evaluator.evaluate('operation.mediate.split.expression', split.expression as string, body);
  // JSONata gives one value for a list of one.
  return listOf(value === undefined || Array.isArray(value) ? (value ?? []) : [value], 'split', 'the expression');
}

function listOf(value: Json | undefined, step: string, what: string): Json[] {
  if (!Array.isArray(value)) throw failed(step, `${what} is ${describe(value)}, not a list`);
  return value;
}

async function fileOf(file: NonNullable<SplitSpec['file']>, volumes: VolumeStore | undefined): Promise<Json[]> {
  if (volumes === undefined) throw failed('split.file', `"${file.path}" cannot be read here: there is no volume`);
  const { values } = await readValues(volumes, file.path, 'operation.mediate.split.file');
  const { column } = file;
  if (column === undefined) return values;
  return values.map((row, index) => {
    const value = typeof row === 'object' && row !== null && !Array.isArray(row) ? row[column] : undefined;
    if (value === undefined) throw failed('split.file', `row ${index + 1} of "${file.path}" has no column "${column}"`);
    return value;
  });
}

async function rangeOf(
  body: JsonObject,
  range: NonNullable<SplitSpec['range']>,
  evaluator: ExpressionEvaluator,
): Promise<Json[]> {
  const [from, to] = [await end('from'), await end('to')];
  if (typeof from === 'number' && typeof to === 'number') {
    if (typeof range.step !== 'number') throw failed('split.range', `the step "${range.step}" is for dates`);
    return numbers(from, to, range.step);
  }
  if (typeof from === 'string' && typeof to === 'string') return dates(from, to, range.step);
  throw failed('split.range', `from ${describe(from)} to ${describe(to)}: both must be numbers, or both dates`);

  async function end(which: 'from' | 'to'): Promise<number | string> {
    const given = range[which];
    if (typeof given === 'number' || isDate(given)) return given;
    const value = await evaluator.evaluate(`operation.mediate.split.range.${which}`, given, body);
    if (typeof value === 'number' || (typeof value === 'string' && isDate(value))) return value;
    throw failed(`split.range.${which}`, `gave ${describe(value)}, not a number or a date (YYYY-MM-DD)`);
  }
}

function numbers(from: number, to: number, step: number): number[] {
  checkStep(step, to >= from);
  const count = Math.floor(Math.abs(to - from) / Math.abs(step) + 1e-9) + 1;
  bound(count);
  // Multiplied, not added up: 0.1 ten times is not 1.
  return Array.from({ length: count }, (_, index) => Number((from + index * step).toPrecision(12)));
}

function dates(from: string, to: string, step: number | 'day' | 'week' | 'month' | 'year'): string[] {
  const days = typeof step === 'number' ? step : step === 'week' ? 7 : 1;
  if (!Number.isInteger(days)) throw failed('split.range', `a step of ${days} days is not a whole number`);
  checkStep(days, to >= from);
  const found: string[] = [];
  for (let index = 0; ; index++) {
    const next =
      step === 'month' || step === 'year'
        ? plusMonths(from, index * (step === 'year' ? 12 : 1))
        : plusDays(from, index * days);
    if (days > 0 ? next > to : next < to) return found;
    found.push(next);
    bound(found.length);
  }
}

function checkStep(step: number, isUp: boolean): void {
  if (step === 0) throw failed('split.range', 'the step is 0');
  if (step > 0 !== isUp) throw failed('split.range', `with a step of ${step} the range never comes to its end`);
}

function bound(count: number): void {
  if (count > mostElements) throw failed('split.range', `more than ${mostElements} elements`);
}

function plusDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The 31st of a month that has none is its last day. */
function plusMonths(date: string, months: number): string {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, last))).toISOString().slice(0, 10);
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

function failed(step: string, problem: string): SlowLaneError {
  return new SlowLaneError('mediate.failed', `${step}: ${problem}`, { data: { step } });
}

export function describe(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${JSON.stringify(value).slice(0, 80)}`;
}
