import { describe, expect, it } from 'vitest';
import { parseLossless, rawId } from './lossless-json.ts';

describe('lossless JSON', () => {
  it('keeps ids beyond 2^53 as their digits and leaves other numbers alone', () => {
    expect(parseLossless('{"run_id":9007199254740993,"start":1761800000000,"cost":1.5,"big":1e300}')).toEqual({
      run_id: '9007199254740993',
      start: 1761800000000,
      cost: 1.5,
      big: 1e300,
    });
  });

  it('writes an id as a number with every digit', () => {
    expect(JSON.stringify({ job_id: rawId('9223372036854775807') })).toBe('{"job_id":9223372036854775807}');
  });

  it('refuses what is not an id', () => {
    expect(() => rawId('1,"x":2')).toThrow(RangeError);
  });
});
