import { describe, expect, it } from 'vitest';
import { partKeys, splitParts } from './split-parts.ts';

describe('splitParts', () => {
  it('makes one part per element, each with that one element', () => {
    const split = { by: 'origins', as: 'origin', join: 'all-or-nothing' as const };
    expect(splitParts({ month: 3, origins: ['EWR', 'JFK'] }, split, 10)).toEqual([
      { key: 'EWR', document: { month: 3, origin: 'EWR' } },
      { key: 'JFK', document: { month: 3, origin: 'JFK' } },
    ]);
  });

  it('leaves the element under the name of the list when no other is given', () => {
    expect(splitParts({ days: [1] }, { by: 'days', join: 'all-or-nothing' }, 10)).toEqual([
      { key: '1', document: { days: 1 } },
    ]);
  });

  it('makes one part of a body that is not split', () => {
    expect(splitParts({ a: 1 }, undefined, 10)).toEqual([{ key: 'all', document: { a: 1 } }]);
  });

  it.each([
    [undefined, 'is missing'],
    [null, 'is null'],
    ['EWR', 'is the string "EWR"'],
    [{ a: 1 }, 'is an object'],
  ])('refuses to split by %o', (value, words) => {
    const body = value === undefined ? {} : { by: value };
    expect(() => splitParts(body, { by: 'by', join: 'all-or-nothing' }, 10)).toThrow(
      `split: field "by" ${words}, not a list`,
    );
  });

  it('refuses more parts than allowed, with both numbers', () => {
    const call = (): unknown => splitParts({ by: [1, 2, 3] }, { by: 'by', join: 'all-or-nothing' }, 2);
    expect(call).toThrow(
      expect.objectContaining({
        code: 'request.too-many-parts',
        message: 'field "by" has 3 elements, at most 2 parts are allowed',
      }),
    );
  });
});

describe('partKeys', () => {
  it('keeps plain names and makes each one unique', () => {
    expect(partKeys(['EWR', 'EWR', 'EWR-2', 'EWR', 7, true])).toEqual([
      'EWR',
      'EWR-2',
      'EWR-2-2',
      'EWR-3',
      '7',
      'true',
    ]);
  });

  it('never makes a name that walks, hides or breaks a path', () => {
    const hostile = [
      '..',
      '../../etc',
      '.',
      '',
      '/',
      'a/b',
      ' a b ',
      'Málaga',
      '日本',
      '.ssh',
      '__proto__',
      'x'.repeat(200),
    ];
    const keys = partKeys(hostile);
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9-][A-Za-z0-9._-]{0,63}$/);
    expect(new Set(keys).size).toBe(hostile.length);
    expect(keys.slice(0, 8)).toEqual(['part-1', 'etc', 'part-3', 'part-4', 'part-5', 'a_b', 'a_b_', 'Malaga']);
  });

  it('names objects by their key, name or id', () => {
    expect(partKeys([{ name: 'north' }, { id: 4 }, { x: 1 }, [1], null])).toEqual([
      'north',
      '4',
      'part-3',
      'part-4',
      'part-5',
    ]);
  });
});
