import type { LookupFunction } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './__fixtures__/ask.ts';
import { type OpenGateway, openGateway } from './__fixtures__/open-gateway.ts';
import { credentialFor } from './git-credentials.ts';

const order = { id: 'x', url: 'https://git.example.org/team/job.git', mayBePrivate: false, maxBytes: 1_000 };
const advertisement = '/repository/info/refs?service=git-upload-pack';
let open: OpenGateway;
let looked: string[];
let answers: string[];

/** A resolver whose answers a test sets, one per look-up; the last one stays. */
const lookup: LookupFunction = (hostname, _options, callback) => {
  looked.push(hostname);
  const address = answers.length > 1 ? answers.shift() : answers[0];
  callback(null, [{ address: address ?? '127.0.0.1', family: address?.includes(':') ? 6 : 4 }]);
};

beforeEach(async () => {
  looked = [];
  answers = ['127.0.0.1'];
  open = await openGateway({}, { lookup, limits: { connectTimeoutMs: 500 } });
});
afterEach(() => open.close());

describe('a git door', () => {
  it.each([
    ['GET', '/repository/info/refs?service=git-receive-pack'],
    ['GET', '/repository/info/refs'],
    ['GET', '/repository/HEAD'],
    ['GET', '/repository/objects/info/packs'],
    ['GET', '/other/info/refs?service=git-upload-pack'],
    ['GET', 'https://other.example.org/info/refs?service=git-upload-pack'],
    ['POST', '/repository/git-receive-pack'],
    ['POST', advertisement],
    ['PUT', '/repository/git-upload-pack'],
    ['GET', '/repository/../repository/info/refs?service=git-upload-pack'],
  ])('passes on nothing but the reading of its repository: %s %s', async (method, path) => {
    const door = await open.gateway.openGit(order);
    expect((await ask(door.socketPath, path, { method })).status).toBeGreaterThanOrEqual(400);
    expect(door.failure()?.code).toBe('source.refused');
    expect(looked).toEqual([]);
  });

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fe80::1', '::ffff:127.0.0.1', '0.0.0.0'])(
    'does not dial %s, whatever the name was before',
    async (address) => {
      answers = [address];
      const door = await open.gateway.openGit(order);
      expect((await ask(door.socketPath, advertisement)).status).toBeGreaterThanOrEqual(400);
      expect(door.failure()).toMatchObject({ code: 'source.refused' });
      expect(door.failure()?.message).toContain(address);
      expect(looked).toEqual(['git.example.org']);
    },
  );

  it.each(['https://127.0.0.1/x.git', 'https://2130706433/x.git', 'https://[::1]/x.git', 'https://169.254.169.254/x'])(
    'is not opened for an inner address that is never looked up: %s',
    async (url) => {
      await expect(open.gateway.openGit({ ...order, url })).rejects.toMatchObject({ code: 'source.refused' });
    },
  );

  it('is gone when it is closed, and with its gateway', async () => {
    const door = await open.gateway.openGit(order);
    const other = await open.gateway.openGit(order);
    await Promise.all([door.close(), door.close()]);
    await expect(ask(door.socketPath, advertisement)).rejects.toMatchObject({ code: 'ENOENT' });
    await open.gateway.close();
    await expect(ask(other.socketPath, advertisement)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('credentials', () => {
  const credentials = [
    { match: 'https://git.example.org/team/*', authorization: 'team' },
    { match: 'https://git.example.org/team/sub/*', authorization: 'sub' },
    { match: 'https://git.example.org/other/job.git', authorization: 'job' },
  ];
  it.each([
    ['https://git.example.org/team/job.git', 'team'],
    ['https://git.example.org/team/sub/job.git', 'sub'],
    ['https://git.example.org/other/job', 'job'],
    ['https://git.example.org/other/job.git/', 'job'],
    ['https://git.example.org/team-of-others/job.git', undefined],
    ['https://git.example.org/team/../others/job.git', undefined],
    ['https://git.example.org/team/%2e%2e/others/job.git', undefined],
    ['https://git.example.org/team/..%2fothers/job.git', undefined],
    ['https://git.example.org:8443/team/job.git', undefined],
    ['https://evil.org/git.example.org/team/job.git', undefined],
    ['http://git.example.org/team/job.git', undefined],
  ])('go to %s: %s', (url, wanted) => {
    expect(credentialFor(credentials, new URL(url))).toBe(wanted);
  });
});
