import { describe, expect, it } from 'vitest';
import { JsonObject } from './common.ts';

describe('a JSON object', () => {
  it('holds anything that JSON can say, however deep', () => {
    const value = { text: 'a', number: -1.5, none: null, list: [true, { deep: [[]] }], length: 'of its own' };
    expect(JsonObject.parse(value)).toEqual(value);
  });

  it.each([
    ['a number that JSON cannot say', { a: [Number.NaN] }],
    ['a function', { a: { b: () => 1 } }],
    ['nothing at all', { a: [undefined] }],
    ['a big integer', { a: 1n }],
  ])('does not hold %s', (_name, value) => {
    expect(JsonObject.safeParse(value)).toMatchObject({ success: false, error: { issues: [{ path: ['a'] }] } });
  });

  it.each([[], null, 'text', 1])('is no %j', (value) => {
    expect(JsonObject.safeParse(value).success).toBe(false);
  });
});
