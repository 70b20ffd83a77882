import { describe, expect, it } from 'vitest';
import { parseToml } from './toml.ts';

describe('parseToml', () => {
  it('gives tables as plain objects', () => {
    expect(parseToml('[project]\nname = "a"\n')).toEqual({ ok: true, value: { project: { name: 'a' } } });
  });

  it('says where a document is broken', () => {
    expect(parseToml('[project]\nname = \n')).toMatchObject({
      ok: false,
      line: 2,
      message: expect.stringMatching(/\S/) as string,
    });
  });
});
