import { describe, expect, it } from 'vitest';
import { mapGitFailure } from './git-failure.ts';
import { GitFailure } from './git.ts';

describe('mapGitFailure', () => {
  it.each([
    ["fatal: repository 'https://h/x.git/' not found", 'source.not-found', /needs a token or deploy key/],
    [
      "fatal: could not read Username for 'https://h': terminal prompts disabled",
      'source.not-found',
      /needs a token or deploy key/,
    ],
    ["fatal: unable to access 'https://h/x.git/': The requested URL returned error: 503", 'source.unreachable', /./],
    ["fatal: unable to access 'https://h/x.git/': Could not resolve host: h", 'source.unreachable', /./],
    [
      "fatal: unable to access 'https://h/x.git/': Failed to connect to h port 1 after 0 ms: Couldn't connect to server",
      'source.unreachable',
      /./,
    ],
    ['fatal: the remote end hung up unexpectedly', 'source.unreachable', /./],
    [
      "fatal: unable to access 'https://h/x.git/': The requested URL returned error: 301",
      'source.refused',
      /new address/,
    ],
    [
      "fatal: unable to access 'https://h/x.git/': server certificate verification failed. CAfile: none CRLfile: none",
      'source.refused',
      /CA bundle/,
    ],
    ["fatal: transport 'ext' not allowed", 'source.refused', /./],
    ['error: object 12: hasDotgit: contains .git\nfatal: fsck error in packed object', 'source.refused', /git fsck/],
  ])('tells whose fault "%s" is', (text, code, hint) => {
    expect(mapGitFailure(new GitFailure(text, false), 'https://h/x.git')).toMatchObject({
      code,
      hint: expect.stringMatching(hint),
    });
  });

  it('calls what the caller stopped unreachable, and lets other errors pass', () => {
    expect(mapGitFailure(new GitFailure('git was stopped', true), 'x')).toMatchObject({ code: 'source.unreachable' });
    const other = new RangeError('x');
    expect(mapGitFailure(other, 'x')).toBe(other);
  });
});
