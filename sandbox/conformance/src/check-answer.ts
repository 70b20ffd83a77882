import { isDeepStrictEqual } from 'node:util';
import type { Json } from '@slowlane/contracts';
import type { Answer, Expect, ExpectedError, Matcher } from './case.ts';
import { atPath } from './at-path.ts';

/** What of the expectation the answer does not fulfil, in words. `shows` tells which keys the client carries at all. */
export function checkAnswer(answer: Answer, expect: Expect, shows: (key: string) => boolean = () => true): string[] {
  const wire = answer.wire === undefined ? [] : checkWire(answer, expect);
  if (expect.error !== undefined) return [...checkError(answer, expect.error), ...wire];
  const { wire: onlyWire } = expect;
  const asksForError = (onlyWire?.status ?? 0) >= 400;
  if (answer.error !== undefined && !asksForError) {
    const { status, code, message } = answer.error;
    return [`was refused: ${[status, code, message].filter(Boolean).join(' ').slice(0, 400)}`];
  }
  const { has = {}, count = {} } = expect;
  const visible = (path: string): boolean => shows(path.split('.')[0] as string);
  return [...checkValues(answer.body, keep(has, visible)), ...checkCounts(answer.body, keep(count, visible)), ...wire];
}

function keep<T>(record: Record<string, T>, test: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => test(key)));
}

function checkValues(body: unknown, has: Record<string, Json | Matcher>): string[] {
  return Object.entries(has).flatMap(([path, wanted]) => {
    const found = atPath(body, path);
    return isMatch(found, wanted) ? [] : [`${path} is ${show(found)}, not ${show(wanted)}`];
  });
}

function checkCounts(body: unknown, count: Record<string, number>): string[] {
  return Object.entries(count).flatMap(([path, wanted]) => {
    const found = atPath(body, path) ?? [];
    const size = Array.isArray(found) ? found.length : -1;
    return size === wanted ? [] : [`${path} has ${size} elements, not ${wanted}`];
  });
}

function isMatch(found: unknown, wanted: Json | Matcher): boolean {
  if (typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted)) {
    const { matches, oneOf, contains } = wanted as { matches?: unknown; oneOf?: unknown; contains?: unknown };
    if (typeof matches === 'string') return typeof found === 'string' && new RegExp(matches).test(found);
    if (Array.isArray(oneOf)) return oneOf.some((one) => isDeepStrictEqual(one, found));
    if (contains !== undefined) return Array.isArray(found) && found.some((one) => hasAtLeast(one, contains));
    if ('isNot' in wanted) return !isDeepStrictEqual(found, wanted.isNot);
  }
  return isDeepStrictEqual(found, wanted);
}

function hasAtLeast(found: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return found === wanted;
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(wanted).every(([key, value]) => hasAtLeast((found as Record<string, unknown>)[key], value));
}

function checkError({ error, wire }: Answer, wanted: ExpectedError): string[] {
  if (error === undefined) return [`succeeded (${wire?.status ?? 'no status'}), but ${show(wanted)} was due`];
  const { status, code, message, isMissing } = error;
  return [
    ...(status === undefined || status === wanted.status ? [] : [`status is ${status}, not ${wanted.status}`]),
    ...(wanted.code === undefined || code === wanted.code ? [] : [`error code is ${code}, not ${wanted.code}`]),
    ...(wanted.message === undefined || new RegExp(wanted.message).test(message)
      ? []
      : [`message "${message.slice(0, 300)}" does not match ${wanted.message}`]),
    ...(wanted.isMissing === undefined || wanted.isMissing === isMissing || wire !== undefined
      ? []
      : [`the client ${isMissing ? 'takes' : 'does not take'} it for "does not exist"`]),
  ];
}

function checkWire(answer: Answer, { wire: wanted }: Expect): string[] {
  const { wire, body } = answer;
  if (wanted === undefined || wire === undefined) return [];
  const { status, absent = [], present = [], count = {}, headers = {}, has = {}, text } = wanted;
  return [
    ...(text === undefined || new RegExp(text).test(wire.text) ? [] : [`the body is ${show(wire.text)}, not ${text}`]),
    ...(status === undefined || status === wire.status ? [] : [`status is ${wire.status}, not ${status}`]),
    ...absent.filter((path) => atPath(body, path) !== undefined).map((path) => `${path} is there`),
    ...present.filter((path) => atPath(body, path) === undefined).map((path) => `${path} is not there`),
    ...checkCounts(body, count),
    ...checkValues(body, has),
    ...Object.entries(headers)
      .filter(([name, pattern]) => !new RegExp(pattern).test(wire.headers[name] ?? ''))
      .map(([name, pattern]) => `header ${name} is "${wire.headers[name] ?? ''}", not ${pattern}`),
  ];
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 300);
}
