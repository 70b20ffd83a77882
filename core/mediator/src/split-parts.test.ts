import type { Json, SplitSpec } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { partKeys, splitParts } from './split-parts.ts';

const byList = (changes: Partial<SplitSpec> = {}): SplitSpec => ({ by: 'list', join: 'all-or-nothing', ...changes });
const of = (elements: Json[], most = 10) => ({ elements, most });

describe('splitParts', () => {
  it('makes one part per element, each with that one element', () => {
    expect(splitParts({ month: 3, list: ['EWR', 'JFK'] }, byList({ as: 'origin' }), of(['EWR', 'JFK']))).toEqual([
      { key: 'EWR', document: { month: 3, origin: 'EWR' } },
      { key: 'JFK', document: { month: 3, origin: 'JFK' } },
    ]);
  });

  it('leaves the element under the name of the list when no other is given', () => {
    expect(splitParts({ list: [1] }, byList(), of([1]))).toEqual([{ key: '1', document: { list: 1 } }]);
  });

  it('keeps the whole body where the elements come from elsewhere', () => {
    const split: SplitSpec = { range: { from: 1, to: 2, step: 1 }, join: 'all-or-nothing' };
    expect(splitParts({ a: 1 }, split, of([1, 2]))).toEqual([
      { key: '1', document: { a: 1, part: 1 } },
      { key: '2', document: { a: 1, part: 2 } },
    ]);
  });

  it('gives a part as many elements as a chunk has', () => {
    expect(splitParts({}, byList({ chunk: 2 }), of([1, 2, 3]))).toEqual([
      { key: 'part-1', document: { list: [1, 2] } },
      { key: 'part-2', document: { list: [3] } },
    ]);
  });

  it('makes chunks that stay within the limit of parts when told so', () => {
    const elements = Array.from({ length: 2_345 }, (_, index) => index);
    const parts = splitParts({}, byList({ chunk: 'auto' }), of(elements, 1_000));
    expect(parts.length).toBeLessThanOrEqual(1_000);
    expect(parts.flatMap(({ document }) => document['list'])).toEqual(elements);
  });

  it('refuses more parts than allowed, with both numbers', () => {
    expect(() => splitParts({}, byList(), of([1, 2, 3], 2))).toThrow(
      expect.objectContaining({
        code: 'request.too-many-parts',
        message: 'field "list" has 3 elements, at most 2 parts are allowed',
      }),
    );
  });

  it('does not name parts after values that must not be seen', () => {
    const keysWith = (redact: string[]) =>
      splitParts({}, byList(), { ...of(['ada', 'bob']), redact }).map(({ key }) => key);
    expect(keysWith(['/list/*'])).toEqual(['part-1', 'part-2']);
    expect(keysWith(['/list/*/iban'])).toEqual(['part-1', 'part-2']);
    expect(keysWith(['/other'])).toEqual(['ada', 'bob']);
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
