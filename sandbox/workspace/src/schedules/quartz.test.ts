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
    ['0 0 12 1 jan ? 2028', '2028-01-01T12:00:00.000Z'],
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

  it('may have no occurrence left', () => {
    expect(next('0 0 12 1 1 ? 2020')).toBeUndefined();
  });

  it.each([
    ['every day', /must have 6 fields/],
    ['0 2 * * *', /must have 6 fields/],
    ['0 0 2 * * *', /must have '\?' for exactly one/],
    ['0 0 2 ? * ?', /must have '\?' for exactly one/],
    ['0 0 2 L-3 * ?', /cannot be read/],
    ['0 0 25 * * ?', /cannot be read/],
  ])('%s is refused', (expression, problem) => {
    expect(quartzProblem(expression, 'UTC')).toMatch(problem);
  });

  it('needs a time zone that exists', () => {
    expect(quartzProblem('0 0 2 * * ?', 'Europe/Atlantis')).toMatch(/Europe\/Atlantis' is no time zone/);
  });
});
