import { describe, expect, it } from 'vitest';
import { nextOccurrences, occurrencesBetween } from './occurrences.ts';
import { scheduleProblem } from './schedule-problem.ts';

const madrid = (cron: string) => ({ cron, zone: 'Europe/Madrid' });
const iso = (times: number[]) => times.map((at) => new Date(at).toISOString().slice(0, 16));

describe('occurrences', () => {
  it('keep the local time when the clocks change', () => {
    expect(iso(nextOccurrences(madrid('0 2 * * *'), Date.parse('2026-10-23T12:00Z'), 3))).toEqual([
      '2026-10-24T00:00',
      '2026-10-25T00:00',
      '2026-10-26T01:00',
    ]);
  });

  it('run a local time that the clocks skip once, at the end of the gap', () => {
    expect(iso(nextOccurrences(madrid('30 2 * * *'), Date.parse('2026-03-28T12:00Z'), 2))).toEqual([
      '2026-03-29T01:00',
      '2026-03-30T00:30',
    ]);
  });

  it('run a local time that comes twice once', () => {
    expect(iso(nextOccurrences(madrid('30 2 * * *'), Date.parse('2026-10-24T12:00Z'), 2))).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
  });

  it('run each hour once in the night of 25 hours', () => {
    const night = { after: Date.parse('2026-10-24T22:00Z'), upTo: Date.parse('2026-10-25T23:00Z'), most: 100 };
    expect(occurrencesBetween(madrid('0 * * * *'), night).occurrences).toHaveLength(25);
  });

  it('of a long absence are bounded, and the newest are kept', () => {
    const year = { after: Date.parse('2025-01-01T00:00Z'), upTo: Date.parse('2025-02-01T00:00Z'), most: 100 };
    const { occurrences, dropped } = occurrencesBetween({ cron: '0 * * * *', zone: 'UTC' }, year);
    expect([occurrences.length, dropped, occurrences.at(-1)]).toEqual([100, 31 * 24 - 100, year.upTo]);
  });
});

describe('scheduleProblem', () => {
  const now = Date.parse('2026-01-01T00:00Z');
  const entry = { name: 'a', zone: 'UTC', body: {}, catch_up: 'last', paused: false } as const;
  it.each([
    ['99 * * * *', '"99 * * * *" cannot be read'],
    ['0 0 * * * *', 'cannot be read'],
    ['0 0 31 2 *', '"0 0 31 2 *" never comes'],
    ['not a cron at all', 'cannot be read'],
  ])('names what is wrong with %j', (cron, words) => {
    expect(scheduleProblem({ pipeline: 'daily', schedule: cron }, now)).toMatchObject({
      code: 'pipeline.invalid',
      message: expect.stringContaining(words) as string,
    });
  });

  it('names a zone that is not there and a name that is there twice', () => {
    const schedule = [
      { ...entry, cron: '0 2 * * *', zone: 'Mars/Base' },
      { ...entry, cron: '0 3 * * *' },
    ];
    expect(scheduleProblem({ pipeline: 'daily', schedule }, now)?.message).toBe(
      'pipeline "daily": schedule "a": there is no time zone "Mars/Base"; schedule "a" is there 2 times; give each its own name',
    );
  });

  it('has nothing against a good one', () => {
    expect(scheduleProblem({ pipeline: 'daily', schedule: [{ ...entry, cron: '0 2 * * 1-5' }] }, now)).toBeUndefined();
  });
});
