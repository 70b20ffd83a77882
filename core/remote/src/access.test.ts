import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestRemote, type TestRemote, type WorkingCopy } from './__fixtures__/test-remote.ts';

let remote: TestRemote;
let copy: WorkingCopy;
beforeAll(async () => {
  remote = await startTestRemote();
  remote.builds.onStart = ({ id }) => void remote.builds.advance(id, 'built', {});
  copy = await remote.workingCopy();
  await copy.git('push', await remote.urlFor('p', ['push:p']), 'main');
});
afterAll(() => remote.close());

describe('access to the git remote', () => {
  it('asks for a token', async () => {
    const url = (await remote.urlFor('p', [])).replace(/\/\/.*@/, '//');
    const answer = await fetch(`${url}/info/refs?service=git-receive-pack`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  it('refuses a wrong token', async () => {
    const url = (await remote.urlFor('p', ['push:p'])).replace(/:sl_[^@]*@/, ':sl_00000000_aaaaaaaaaaaaaaaaaaaaaaaa@');
    const pushed = await copy.git('push', url, 'main');
    expect(pushed.exitCode).toBe(128);
    expect(pushed.stderr).toMatch(/auth\.invalid|Authentication failed/);
  });

  it('refuses a token of another pipeline, and says which scope it needs', async () => {
    const pushed = await copy.git('push', await remote.urlFor('p', ['push:q', 'read']), 'main');
    expect(pushed.exitCode).toBe(128);
    expect(pushed.stderr).toMatch(/it needs the scope push:p/);
  });

  it.each([[['admin']], [['push:*']], [['push:p']], [['read']]])('lets %j read', async (scopes) => {
    const listed = await copy.git('ls-remote', await remote.urlFor('p', scopes));
    expect(listed.stdout).toMatch(/refs\/heads\/main/);
  });

  it('does not let a token without read or push read', async () => {
    const listed = await copy.git('ls-remote', await remote.urlFor('p', ['request:p']));
    expect(listed.exitCode).toBe(128);
  });

  it('makes no repository for a reader', async () => {
    const listed = await copy.git('ls-remote', await remote.urlFor('never-pushed', ['read']));
    expect(listed.exitCode).toBe(128);
    expect(listed.stderr).toMatch(/nothing was pushed to never-pushed yet/);
  });

  it.each(['../p', 'P', 'p.git/..', '%2e%2e%2fetc', 'a b'])('does not know the repository %s', async (name) => {
    const url = (await remote.urlFor('X', ['admin'])).replace('/X.git', `/${encodeURIComponent(name)}.git`);
    const { username, password, origin, pathname } = new URL(url);
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const answer = await fetch(`${origin}${pathname}/info/refs?service=git-receive-pack`, {
      headers: { authorization },
    });
    expect(answer.status).toBe(404);
  });

  it('serves neither the dumb protocol nor files of the repository', async () => {
    const { username, password, origin } = new URL(await remote.urlFor('p', ['admin']));
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    for (const path of ['info/refs', 'HEAD', 'config', 'objects/info/packs']) {
      const answer = await fetch(`${origin}/git/p.git/${path}`, { headers: { authorization } });
      expect(answer.ok).toBe(false);
    }
  });
});
