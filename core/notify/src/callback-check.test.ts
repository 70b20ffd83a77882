import { describe, expect, it } from 'vitest';
import { checkCallback } from './callback-check.ts';

const allow = ['hooks.example.org', '127.0.0.1:9000', '*.partner.example', '[::1]:9000'];

describe('a callback address', () => {
  it.each([
    'https://hooks.example.org/done?x=1',
    'http://hooks.example.org/done',
    'https://HOOKS.example.org/',
    'https://hooks.example.org:8443/',
    'http://127.0.0.1:9000/hook',
    'http://2130706433:9000/hook',
    'http://[::1]:9000/hook',
    'https://a.b.partner.example/',
  ])('is taken when its host is named: %s', (url) => {
    expect(checkCallback(url, allow)).toBeUndefined();
  });

  it.each([
    ['http://127.0.0.1:9001/hook', 'not in the allowlist'],
    ['http://127.0.0.1/hook', 'not in the allowlist'],
    ['http://localhost:9000/hook', 'not in the allowlist'],
    ['https://evil.example/?hooks.example.org', 'not in the allowlist'],
    ['https://hooks.example.org.evil.example/', 'not in the allowlist'],
    ['https://partner.example/', 'not in the allowlist'],
    ['https://evilpartner.example/', 'not in the allowlist'],
    ['http://a.partner.example/', 'https is needed'],
    ['https://user:pass@hooks.example.org/', 'credentials'],
    ['https://hooks.example.org@evil.example/', 'credentials'],
    ['ftp://hooks.example.org/', 'not http or https'],
    ['file:///etc/passwd', 'not http or https'],
    ['javascript:alert(1)', 'not http or https'],
    ['hooks.example.org', 'not a URL'],
    ['', 'not a URL'],
  ])('is refused with the reason: %s', (url, reason) => {
    expect(checkCallback(url, allow)).toMatchObject({
      code: 'request.callback-refused',
      message: expect.stringContaining(reason) as string,
    });
  });

  it('is refused when nothing is allowed', () => {
    expect(checkCallback('https://hooks.example.org/', [])?.code).toBe('request.callback-refused');
  });
});
