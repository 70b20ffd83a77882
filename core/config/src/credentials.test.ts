import { describe, expect, it } from 'vitest';
import {
  credentialVariables,
  registryAddresses,
  registryCredentials,
  sourceCredentials,
  sourceHosts,
  sourceKeys,
} from './credentials.ts';
import { SlowLaneYaml } from './schema.ts';

const config = SlowLaneYaml.parse({
  registries: {
    maven: 'https://repository.example.org/maven/',
    company: { url: 'https://inner.example.org/m/', username_env: 'USER_NAME', password_env: 'PASSWORD' },
    pypi: { url: 'https://inner.example.org/p/', token_env: 'PYPI_TOKEN' },
  },
  sources: [
    { match: 'https://git.example.org:8443/team/*', token_env: 'GIT_TOKEN' },
    { match: 'https://inner.example.org/a.git' },
  ],
});
const values: Record<string, string> = { USER_NAME: 'ada', PASSWORD: 'p:w', PYPI_TOKEN: 'tok', GIT_TOKEN: 'git' };
const secret = (name: string) => values[name];
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('credentials of registries and sources', () => {
  it('become headers, and stay out of the addresses', () => {
    expect(registryAddresses(config.registries)).toEqual({
      maven: 'https://repository.example.org/maven/',
      company: 'https://inner.example.org/m/',
      pypi: 'https://inner.example.org/p/',
    });
    expect(registryCredentials(config.registries, secret)).toEqual({ company: basic('ada:p:w'), pypi: 'Bearer tok' });
    expect(sourceCredentials(config.sources, secret)).toEqual([
      { match: 'https://git.example.org:8443/team/*', authorization: basic('x-access-token:git') },
    ]);
    expect(sourceHosts(config.sources)).toEqual(['git.example.org:8443', 'inner.example.org']);
    expect(credentialVariables(config)).toEqual({
      registries: ['USER_NAME', 'PASSWORD', 'PYPI_TOKEN'],
      sources: ['GIT_TOKEN'],
    });
  });

  it.each([undefined, 'a\nHost: other'])(
    'are refused with the name of their variable when its value is %j',
    (value) => {
      expect(() => sourceCredentials(config.sources, () => value)).toThrow(
        expect.objectContaining({
          code: 'config.invalid',
          message: expect.stringMatching(/sources\[0\]\.token_env.*GIT_TOKEN/),
        }),
      );
    },
  );

  it.each([
    { match: 'http://git.example.org/*' },
    { match: 'https://git.example.org' },
    { match: 'https://*.example.org/x' },
    { match: 'https://git.example.org/te*' },
    { match: 'https://ada:pw@git.example.org/x' },
  ])('are not taken for $match', (source) => {
    expect(SlowLaneYaml.safeParse({ sources: [source] }).success).toBe(false);
  });

  const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n';
  const hostKey = `ssh-ed25519 ${'A'.repeat(68)}`;
  const overSsh = { match: 'ssh://git@inner.example.org:2222/team/*', key_env: 'DEPLOY_KEY', host_keys: [hostKey] };

  it('are a deploy key with the keys of its host, over ssh', () => {
    const { registries, sources } = SlowLaneYaml.parse({ sources: [overSsh] });
    expect(sourceKeys(sources, () => key)).toEqual([{ match: overSsh.match, privateKey: key, hostKeys: [hostKey] }]);
    expect(sourceCredentials(sources, () => key)).toEqual([]);
    expect(sourceHosts(sources)).toEqual(['inner.example.org:2222']);
    expect(credentialVariables({ registries, sources }).sources).toEqual(['DEPLOY_KEY']);
    for (const value of [undefined, '', 'hunter2secret'])
      expect(() => sourceKeys(sources, () => value)).toThrow(
        expect.objectContaining({
          code: 'config.invalid',
          message: expect.stringMatching(
            /^sources\[0\]\.key_env: the variable DEPLOY_KEY (is not set|holds no private key)$/,
          ),
        }),
      );
  });

  it.each([
    { ...overSsh, host_keys: undefined },
    { ...overSsh, host_keys: ['inner.example.org ssh-ed25519 AAAA'] },
    { ...overSsh, key_env: undefined },
    { ...overSsh, token_env: 'TOKEN' },
    { ...overSsh, match: 'https://inner.example.org/team/*' },
    { ...overSsh, match: 'ssh://inner.example.org/team/*' },
  ])('of ssh are not taken without what makes them safe', (source) => {
    expect(SlowLaneYaml.safeParse({ sources: [source] }).success).toBe(false);
  });

  it('are a user with a password, or a token', () => {
    const url = 'https://inner.example.org/';
    for (const settings of [{ username_env: 'A' }, { token_env: 'A', username_env: 'B', password_env: 'C' }]) {
      expect(SlowLaneYaml.safeParse({ registries: { x: { url, ...settings } } }).success).toBe(false);
    }
  });
});
