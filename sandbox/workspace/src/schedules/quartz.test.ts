import { describe, expect, it } from 'vitest';
import { quartzAfter, quartzProblem } from './quartz.ts';

const from = Date.parse('2026-11-24T10:00:00Z');

function next(expression: string, zone = 'UTC'): string | undefined {
  const at = quartzAfter(expression, zone, from);
  return at === undefined ? undefined : new Date(at).toISOString();
}

describe('a Quartz expression', () => {
  it.each([
    ['0 0 12 ? * MON', '2026-11-30T12:00:00.000Z'],
    ['0 0 12 ? * 2', '2026-11-30T12:00:00.000Z'],
    ['0 0 12 ? * 1', '2026-11-29T12:00:00.000Z'],
    ['0 0/20 10,18 * * ?', '2026-11-24T10:20:00.000Z'],
    ['0 0 12 1/10 * ?', '2026-12-01T12:00:00.000Z'],
    ['0 0 12 L * ?', '2026-11-30T12:00:00.000Z'],
    ['0 0 12 LW * ?', '2026-11-30T12:00:00.000Z'],
    ['0 0 12 15W * ?', '2026-12-15T12:00:00.000Z'],
    ['0 0 12 ? * 6#3', '2026-12-18T12:00:00.000Z'],
    ['0 0 12 ? * 6L', '2026-11-27T12:00:00.000Z'],
    ['0 0 12 ? * L', '2026-11-28T12:00:00.000Z'],
    ['0 0 12 ? * FRIL', '2026-11-27T12:00:00.000Z'],
    ['0 0 12 ? * FRI#2', '2026-12-11T12:00:00.000Z'],
    ['0 0 12 1 jan ? 2028', '2028-01-01T12:00:00.000Z'],
    ['0 0 12 l-3 * ?', '2026-11-27T12:00:00.000Z'],
    ['0 0 9,12 L-6 * ?', '2026-11-24T12:00:00.000Z'],
    ['0 0 22-2 * * ?', '2026-11-24T22:00:00.000Z'],
    ['0 50-10/5 * * * ?', '2026-11-24T10:05:00.000Z'],
    ['0 0 12 L-0 2 ? 2028', '2028-02-29T12:00:00.000Z'],
    ['0 0 12 L-30 * ?', '2026-12-01T12:00:00.000Z'],
  ])('%s is next due at %s', (expression, at) => {
    expect(quartzProblem(expression, 'UTC')).toBeUndefined();
    expect(next(expression)).toBe(at);
  });

  it('is read in its time zone, over the change of the clocks', () => {
    const noon = '0 0 12 * * ?';
    expect(next(noon, 'Europe/Madrid')).toBe('2026-11-24T11:00:00.000Z');
    const summer = quartzAfter(noon, 'Europe/Madrid', Date.parse('2027-03-28T00:00:00Z'));
    expect(new Date(summer as number).toISOString()).toBe('2027-03-28T10:00:00.000Z');
  });

  // Read off a calendar of 2026 to 2028.
  it.each([
    ['0 0 6 L-3 * ?', '2026-11-27 2026-12-28 2027-01-28 2027-02-25 2027-03-28 2027-04-27'],
    ['0 0 6 L-3W * ?', '2026-11-27 2026-12-28 2027-01-28 2027-02-25 2027-03-29 2027-04-27'],
    ['0 0 6 L-2W * ?', '2026-11-27 2026-12-29 2027-01-29 2027-02-26 2027-03-29 2027-04-28'],
    ['0 0 6 L-1 2 ?', '2027-02-27 2028-02-28 2029-02-27'],
    ['0 0 6 LW * ?', '2026-11-30 2026-12-31 2027-01-29 2027-02-26 2027-03-31'],
    ['0 0 6 1W * ?', '2026-12-01 2027-01-01 2027-02-01 2027-03-01 2027-04-01 2027-05-03'],
    ['0 0 6 15W 5,8 ?', '2027-05-14 2027-08-16 2028-05-15 2028-08-15'],
    ['0 0 6 31W * ?', '2026-12-31 2027-01-29 2027-03-31 2027-05-31 2027-07-30'],
    ['0 0 6 ? * 1L', '2026-11-29 2026-12-27 2027-01-31 2027-02-28'],
    ['0 0 6 ? * 7L', '2026-11-28 2026-12-26 2027-01-30 2027-02-27'],
    ['0 0 6 ? * 2#1', '2026-12-07 2027-01-04 2027-02-01 2027-03-01'],
    ['0 0 6 ? * 3#5', '2026-12-29 2027-03-30 2027-06-29'],
    ['0 0 6 ? * 1#5', '2026-11-29 2027-01-31 2027-05-30'],
    ['0 0 6 ? * SAT-MON', '2026-11-28 2026-11-29 2026-11-30 2026-12-05'],
    ['0 0 6 ? * 6-2,4', '2026-11-25 2026-11-27 2026-11-28 2026-11-29 2026-11-30 2026-12-02'],
    ['0 0 6 1 NOV-FEB ?', '2026-12-01 2027-01-01 2027-02-01 2027-11-01'],
  ])('%s is due on %s', (expression, dates) => {
    const found: string[] = [];
    for (let at: number | undefined = from; found.length < dates.split(' ').length;) {
      at = quartzAfter(expression, 'UTC', at as number);
      found.push(new Date(at as number).toISOString());
    }
    expect(found).toEqual(dates.split(' ').map((date) => `${date}T06:00:00.000Z`));
  });

  it('counts back from the end of the month in its zone', () => {
    const at = quartzAfter('0 30 0 L-1 * ?', 'Pacific/Auckland', Date.parse('2026-11-28T23:00:00Z'));
    expect(new Date(at as number).toISOString()).toBe('2026-12-29T11:30:00.000Z');
  });

  it('may have no occurrence left', () => {
    expect(next('0 0 12 1 1 ? 2020')).toBeUndefined();
  });

  it.each([
    ['every day', /must have 6 fields/],
    ['0 2 * * *', /must have 6 fields/],
    ['0 0 2 * * *', /must have '\?' for exactly one/],
    ['0 0 2 ? * ?', /must have '\?' for exactly one/],
    ['0 0 2 L-31 * ?', /more than 30 days/],
    ['0 0 2 L-3,5 * ?', /cannot be read/],
    ['0 0 25 L-3 * ?', /cannot be read/],
    ['0 0 25 * * ?', /cannot be read/],
  ])('%s is refused', (expression, problem) => {
    expect(quartzProblem(expression, 'UTC')).toMatch(problem);
  });

  it('needs a time zone that exists', () => {
    expect(quartzProblem('0 0 2 * * ?', 'Europe/Atlantis')).toMatch(/Europe\/Atlantis' is no time zone/);
  });
});
