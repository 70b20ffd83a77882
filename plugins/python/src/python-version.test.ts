import { describe, expect, it } from 'vitest';
import { satisfiesPython } from './python-version.ts';

describe('satisfiesPython', () => {
  it.each([
    '>=3.9',
    '>=3.9,<4',
    '~=3.8',
    '==3.*',
    '==3.12.*',
    '!=3.11.*',
    '>3.11',
    '<=3.12',
    '>=3',
    '>=3.12.4',
    '<3.12.8',
    '~=3.12.0',
    '>= 3.10 , < 3.13',
    '',
    'something else',
  ])('3.12 satisfies "%s"', (specifier) => expect(satisfiesPython('3.12', specifier)).toBe(true));

  it.each(['>=3.13', '<3.12', '<3', '==3.11.*', '~=3.11.2', '!=3.12', '>3.12', '<=3.11', '>=2.7,<3'])(
    '3.12 does not satisfy "%s"',
    (specifier) => expect(satisfiesPython('3.12', specifier)).toBe(false),
  );
});
