import { describe, expect, it } from 'vitest';
import { scalaCode } from './scala-code.ts';

describe('scalaCode', () => {
  it('blanks comments and keeps the lines', () => {
    expect(scalaCode('a // b\nc /* d\n /* e */ f */ g')).toBe('a     \nc     \n              g');
  });

  it('leaves what looks like a comment inside a string', () => {
    const code = 'x := "https://example.org" + """ /* " */ """ + "\\"//"';
    expect(scalaCode(code)).toBe(code);
  });

  it('ends on unclosed strings and comments', () => {
    expect(scalaCode('"abc')).toBe('"abc');
    expect(scalaCode('"""abc')).toBe('"""abc');
    expect(scalaCode('a /* b')).toBe('a     ');
  });
});
