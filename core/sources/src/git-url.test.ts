import { describe, expect, it } from 'vitest';
import { checkGitUrl } from './git-url.ts';

const https = (...hosts: string[]) => ({ protocols: ['https' as const], hosts });
const ssh = (...hosts: string[]) => ({ protocols: ['ssh' as const], hosts });

describe('checkGitUrl', () => {
  it.each([
    ['https://git.example.org/a/b.git', https('git.example.org')],
    ['https://git.example.org/a/b.git', https('*.example.org')],
    ['https://git.example.org/a/b.git', https('*')],
    ['https://git.example.org:8443/a', https('git.example.org:8443')],
    ['file:///srv/git/a', { protocols: ['file' as const], hosts: [] }],
    ['/srv/git/a', { protocols: ['file' as const], hosts: [] }],
    ['ssh://git@git.example.org/team/job.git', ssh('*')],
    ['ssh://git@git.example.org:2222/team/job', ssh('git.example.org:2222')],
  ])('takes %s', (url, allow) => {
    expect(checkGitUrl(url, allow).href).toMatch(/^(https|ssh|file):\/\//);
  });

  it.each([
    ['another host', 'https://evil.org/a', https('git.example.org'), /host evil\.org is not allowed/],
    ['a host that ends alike', 'https://evilexample.org/a', https('*.example.org'), /not allowed/],
    ['another port', 'https://git.example.org:22/a', https('git.example.org', '*'), /not allowed/],
    ['an address', 'https://127.0.0.1/a', https('*'), /not allowed/],
    ['an IPv6 address', 'https://[::1]/a', https('*'), /"::"/],
    ['an address in disguise', 'https://2130706433/a', https('*'), /not allowed/],
    ['plain http', 'http://git.example.org/a', https('*'), /protocol http is not allowed/],
    ['a local folder', 'file:///etc', https('*'), /protocol file is not allowed/],
    ['a local path', '/etc', https('*'), /protocol file is not allowed/],
    ['a file on a host', 'file://host/x', { protocols: ['file' as const], hosts: [] }, /names no host/],
    ['ssh', 'ssh://example.org/a', https('*'), /protocol ssh is not allowed/],
    ['ssh to another host', 'ssh://git@evil.org/a', ssh('git.example.org'), /host evil\.org is not allowed/],
    ['ssh to another port', 'ssh://git@git.example.org:2222/a', ssh('*'), /not allowed/],
    ['ssh to an address', 'ssh://git@10.0.0.1/a', ssh('*'), /not allowed/],
    ['ssh without a user', 'ssh://git.example.org/a', ssh('*'), /names no user/],
    ['ssh with a user that is an option', 'ssh://-oProxyCommand=x@git.example.org/a', ssh('*'), /names no user/],
    ['ssh with a password', 'ssh://git:pw@git.example.org/a', ssh('*'), /credentials/],
    ['ssh to a host that is an option', 'ssh://git@-oProxyCommand=x/a', ssh('*'), /./],
    ['ssh with a path that is an option', 'ssh://git@git.example.org/-x', ssh('*'), /its path/],
    ['ssh with a path that a shell reads', "ssh://git@git.example.org/a';id;'", ssh('*'), /its path/],
    ["ssh to a user's home", 'ssh://git@git.example.org/~ada/x', ssh('*'), /its path/],
    ['ssh without a path', 'ssh://git@git.example.org', ssh('*'), /its path/],
    ['scp form', 'git@example.org:a.git', https('*'), /no URL/],
    ['credentials', 'https://ada:pw@git.example.org/a', https('*'), /credentials/],
    ['a query', 'https://git.example.org/a?x=1', https('*'), /query/],
    ['a line break', 'https://git.example.org/a\n-x', https('*'), /control/],
    ['a tab inside the scheme', 'ht\ttps://git.example.org/a', https('*'), /control/],
    ['an option', '--upload-pack=x', https('*'), /begins with "-"/],
    ['a transport helper', 'ext::sh -c x', https('*'), /./],
    ['nonsense', 'nonsense', https('*'), /no URL/],
  ])('refuses %s', (_what, url, allow, words) => {
    expect(() => checkGitUrl(url, allow)).toThrow(
      expect.objectContaining({ code: 'source.refused', message: expect.stringMatching(words) }),
    );
  });
});
