import { describe, expect, it } from 'vitest';
import { registerSecrets, scrub } from './scrub.ts';

const secret = 'p/4nt+d sëcret?4711';
registerSecrets([secret]);
const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const core = base64(secret).slice(4, 16);

describe('a secret that was registered', () => {
  it.each([
    ['as it is', secret],
    ['in the middle of words', `x${secret}y`],
    ['in an address', encodeURIComponent(secret)],
    ['in an address, with codes in lower case', encodeURIComponent(secret).toLowerCase()],
    ['in a form', new URLSearchParams({ a: secret }).toString()],
    ['in base64', base64(secret)],
    ['in base64 for addresses', base64(secret).replaceAll('+', '-').replaceAll('/', '_')],
    ...['', 'u', 'us', 'user:', 'other:'].map((before) => [
      `in base64 behind ${before.length} characters`,
      base64(`${before}${secret}`),
    ]),
    ...['', 'u', 'us'].map((before) => [
      `in base64 behind ${before.length} characters and before others`,
      base64(`${before}${secret} and more`),
    ]),
  ])('is masked %s', (_where, text) => {
    const shown = scrub(`before ${text} after`);
    expect(shown).toMatch(/^before .*\*\*\*.* after$/);
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain(core);
    expect(shown.length).toBeLessThan('before  after'.length + 30);
  });

  it('leaves other text as it is', () => {
    expect(scrub(`before ${base64('something else entirely')} after`)).toBe(
      `before ${base64('something else entirely')} after`,
    );
  });
});
