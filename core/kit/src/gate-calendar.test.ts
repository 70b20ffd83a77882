import { describe, expect, it } from 'vitest';
import { gateCalendar } from './gate-calendar.ts';

const at = (text: string) => Date.parse(text);
const until = (text: string | undefined) => (text === undefined ? undefined : at(text));

function stateOf(
  times: Parameters<typeof gateCalendar>[0],
  text: string,
): { open: boolean; until: number | undefined } {
  return gateCalendar(times).at(at(text));
}

describe('a window', () => {
  it.each([
    ['2026-07-01T21:59:00+02:00', false, '2026-07-01T22:00:00+02:00'],
    ['2026-07-01T22:00:00+02:00', true, '2026-07-02T06:00:00+02:00'],
    ['2026-07-02T05:59:59+02:00', true, '2026-07-02T06:00:00+02:00'],
    ['2026-07-02T06:00:00+02:00', false, '2026-07-02T22:00:00+02:00'],
  ])('over midnight follows the clock of its zone: %s', (now, open, change) => {
    expect(stateOf({ windows: ['22:00-06:00 Europe/Madrid'] }, now)).toEqual({ open, until: until(change) });
  });

  it('is an hour shorter in the night that summer time begins, and an hour longer in the one that it ends', () => {
    const calendar = gateCalendar({ windows: ['22:00-06:00 Europe/Madrid'] });
    expect(calendar.at(at('2026-03-28T22:00:00+01:00')).until).toBe(at('2026-03-29T06:00:00+02:00'));
    expect(calendar.at(at('2026-10-24T22:00:00+02:00')).until).toBe(at('2026-10-25T06:00:00+01:00'));
  });

  it('moves a time that the clock skips behind the gap, and takes the first of a time that comes twice', () => {
    const calendar = gateCalendar({ windows: ['02:30-05:00 Europe/Madrid'] });
    expect(calendar.at(at('2026-03-29T00:00:00+01:00'))).toEqual({
      open: false,
      until: at('2026-03-29T03:30:00+02:00'),
    });
    expect(calendar.at(at('2026-10-25T00:00:00+02:00'))).toEqual({
      open: false,
      until: at('2026-10-25T02:30:00+02:00'),
    });
  });

  it('belongs to the day on which it starts', () => {
    const windows = ['Fri 22:00-06:00 UTC'];
    expect(stateOf({ windows }, '2026-11-28T05:00:00Z')).toEqual({ open: true, until: at('2026-11-28T06:00:00Z') });
    expect(stateOf({ windows }, '2026-11-28T22:30:00Z')).toEqual({ open: false, until: at('2026-12-04T22:00:00Z') });
    expect(stateOf({ windows: ['Sat-Mon 00:00-24:00'] }, '2026-11-28T12:00:00Z')).toEqual({
      open: true,
      until: at('2026-12-01T00:00:00Z'),
    });
  });

  it('joins others that touch it, whatever their zones', () => {
    expect(stateOf({ windows: ['20:00-22:00', '23:00-02:00 Europe/Madrid'] }, '2026-01-10T20:30:00Z')).toEqual({
      open: true,
      until: at('2026-01-11T01:00:00Z'),
    });
  });

  it('that is always open never changes', () => {
    expect(stateOf({ windows: ['00:00-24:00'] }, '2026-01-10T20:30:00Z')).toEqual({ open: true, until: undefined });
    expect(stateOf({}, '2026-01-10T20:30:00Z')).toEqual({ open: true, until: undefined });
  });
});

describe('blackout dates', () => {
  it('close whole days of the zone, alone or within windows', () => {
    const times = { windows: ['22:00-06:00 Europe/Madrid'], blackout: ['2026-12-24..2026-12-26'] };
    expect(stateOf(times, '2026-12-23T23:30:00+01:00')).toEqual({ open: true, until: at('2026-12-24T00:00:00+01:00') });
    expect(stateOf(times, '2026-12-25T12:00:00+01:00')).toEqual({
      open: false,
      until: at('2026-12-27T00:00:00+01:00'),
    });
    expect(stateOf({ blackout: ['2026-12-24'] }, '2026-11-24T00:00:00Z')).toEqual({
      open: true,
      until: at('2026-12-24T00:00:00Z'),
    });
  });
});

describe('what cannot be', () => {
  it.each([
    [{ windows: ['22:00-06:00 Europe/Atlantis'] }, 'Europe/Atlantis'],
    [{ windows: ['25:00-06:00'] }, '25:00'],
    [{ windows: ['Mon-Fry 20:00-22:00'] }, 'Mon-Fry'],
    [{ windows: ['at night'] }, 'at night'],
    [{ blackout: ['2026-02-30'] }, '2026-02-30'],
    [{ blackout: ['2026-03-02..2026-03-01'] }, '2026-03-02'],
  ])('is refused with the value that is wrong', (times, value) => {
    expect(() => gateCalendar(times)).toThrow(
      expect.objectContaining({ code: 'pipeline.invalid', message: expect.stringContaining(value) }),
    );
  });
});
