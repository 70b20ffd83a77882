import { describe, expect, it } from 'vitest';
import { isLinearPattern } from './linear-pattern.ts';

describe('isLinearPattern', () => {
  it.each([
    'Error downloading ',
    '\\[launcher\\] could not retrieve',
    'forbidden: http://127\\.0\\.0\\.1:3128|HTTP response code: 403',
    '^(FAILED|ERROR) |^=+ .*[0-9] (failed|error)',
    'sbt\\.TestsFailedException',
    'a{1,5}[^\\]*+]+b',
    '(?:a|b) c',
  ])('takes %s', (source) => expect(isLinearPattern(source)).toBe(true));

  it.each([
    ['(a+)+b', 'a repeated group'],
    ['(?:a|a)*b', 'a repeated group'],
    ['(x){2,}', 'a repeated group'],
    ['(a)\\1', 'a back-reference'],
    ['(?=a)b', 'look-around'],
    ['(?<name>a)', 'a named group'],
    ['.*.*.*x', 'three open repeats'],
    ['(.*a|b).*c.*d', 'three open repeats on one way through'],
    ['a{5,}b{2,}c{500}', 'open counts'],
    ['[', 'no pattern at all'],
    ['x'.repeat(301), 'too long'],
  ])('refuses %s: %s', (source) => expect(isLinearPattern(source)).toBe(false));
});
