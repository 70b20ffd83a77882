import { describe, expect, it } from 'vitest';
import { readLfsServer } from './lfs-server.ts';

const url = new URL('ssh://git@git.example.org/team/job.git');
const saying = (href: string, header?: object): string => JSON.stringify({ href, header, expires_in: 600 });

/** Where the answer leads to, when these hosts are allowed. */
function read(answer: string, ...hosts: string[]) {
  return readLfsServer(answer, { url, allow: { protocols: ['https', 'ssh'], hosts } });
}

describe('what the host of an ssh source says of its LFS files', () => {
  it('may be the host itself, whose address is as free as that of the source', () => {
    const href = 'https://git.example.org/team/job.git/info/lfs';
    const answer = saying(href, { Authorization: 'Basic x' });
    expect(read(answer, '*')).toEqual({ url: href, headers: { Authorization: 'Basic x' }, mayBePrivate: false });
    expect(read(answer, '*', 'git.example.org')).toMatchObject({ mayBePrivate: true });
  });

  it('may be a host that the operator named', () => {
    const answer = saying('https://lfs.example.org:8443/team/job');
    expect(read(answer, 'lfs.example.org:8443')).toMatchObject({ headers: {}, mayBePrivate: true });
    expect(read(saying('https://lfs.example.org/x'), '*.example.org')).toMatchObject({ mayBePrivate: false });
  });

  it.each([
    ['a host that is only public', saying('https://lfs.example.net/x'), /host lfs\.example\.net is not allowed/],
    ['another port of its own', saying('https://git.example.org:8443/x'), /git\.example\.org:8443 is not allowed/],
    ['another port of a named host', saying('https://named.example.net:1/x'), /named\.example\.net:1 is not allowed/],
    ['an address inside', saying('https://127.0.0.1/x'), /host 127\.0\.0\.1 is not allowed/],
    ['plain http', saying('http://git.example.org/x'), /protocol http/],
    ['a file', saying('file:///etc/passwd'), /protocol file/],
    ['credentials', saying('https://a:b@git.example.org/x'), /holds credentials/],
    ['a query', saying('https://git.example.org/x?a=b'), /query/],
    ['a line break', saying('https://git.example.org/\n/x'), /control characters/],
    ['no address', saying('git.example.org'), /no URL/],
    ['no JSON', 'Welcome!', /cannot be read/],
    ['no answer', '', /cannot be read/],
    ['headers that are none', saying('https://git.example.org/x', { a: 1 }), /cannot be read/],
  ])('is refused: %s', (_what, answer, reason) => {
    expect(() => read(answer, '*', 'named.example.net')).toThrow(
      expect.objectContaining({ code: 'source.refused', message: expect.stringMatching(reason) as string }) as Error,
    );
  });

  it('names the line that would allow it', () => {
    expect(() => read(saying('https://lfs.github.com/team/job'), '*')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('match: https://lfs.github.com/*') as string }) as Error,
    );
  });
});
