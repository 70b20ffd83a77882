import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DependencyGateway, GitGateway, SandboxDriver, SandboxSpec, SandboxCommand } from '@slowlane/contracts';
import { type FetchAllowance, type Mirror, openMirror, sourceLimits } from '@slowlane/sources';
import {
  canStartTestHelper,
  createMemoryBlobStore,
  createMemoryLogger,
  type GitHost,
  startGitHost,
  startTestHelper,
} from '@slowlane/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openGitGateway } from './__fixtures__/git-gateway.ts';
import { temporaryFolder } from './__fixtures__/stage-rig.ts';

const token = 'planted-token-4711';

/** The whole way: TLS with a company's CA, the gateway, git in bubblewrap, the mirror. */
describe.skipIf(!canStartTestHelper())('a git source over https', { timeout: 60_000 }, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let host: GitHost;
  let helper: Awaited<ReturnType<typeof startTestHelper>>;
  let gateway: GitGateway & DependencyGateway;
  const logger = createMemoryLogger();
  const blobs = createMemoryBlobStore();
  const seen: { spec: SandboxSpec; commands: SandboxCommand[] }[] = [];
  let allow: FetchAllowance;
  let count = 0;

  beforeAll(async () => {
    folder = await temporaryFolder();
    host = await startGitHost(folder.path);
    helper = await startTestHelper();
    allow = { protocols: ['https'], hosts: [host.host] };
    gateway = await openGitGateway(folder.path, {
      caBundle: host.caFile,
      gitCredentials: [
        { match: `${host.url}/private/*`, authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` },
      ],
      blobs,
      logger,
    });
  });
  afterAll(async () => {
    await gateway?.close();
    await helper?.close();
    await host?.close();
    await folder?.remove();
  });
  beforeEach(() => {
    host.intercept(() => false);
    host.asked.length = 0;
    seen.length = 0;
  });

  const mirror = (limits = sourceLimits): Promise<Mirror> =>
    openMirror({
      dir: join(folder.path, `mirror-${count++}.git`),
      gitPath: '/usr/bin/git',
      limits,
      fetchIn: { driver: watched(helper.driver, seen), root: () => helper.root, gateway },
    });

  it('is fetched by a git that has no network but the door, and comes without history', async () => {
    const first = host.commit('team/job', { 'a.txt': 'one' });
    const second = host.commit('team/job', { 'a.txt': 'two', 'b/c.txt': 'c' });
    const target = await mirror();
    expect(await target.fetchRemote(`${host.url}/team/job.git`, 'main', allow)).toBe(second);
    expect((await target.readTree(second, '.')).entries.map(({ path }) => path)).toEqual(['a.txt', 'b/c.txt']);
    expect(await target.has(first)).toBe(false);
    expect(seen).toHaveLength(1);
    const { spec, commands } = seen[0]!;
    expect(spec).toMatchObject({ identity: 'slot', mounts: [] });
    expect(commands.every(({ argv }) => argv[0] === '/usr/bin/git')).toBe(true);
    expect(commands.filter(({ net }) => net.mode === 'gateway')).toHaveLength(2);
    expect(new Set(commands.map(({ net }) => net.mode))).toEqual(new Set(['gateway', 'none']));
    expect(host.asked.every(({ headers }) => headers['user-agent'] === 'git/slowlane')).toBe(true);
  });

  it('is asked once more for what is new, and not at all for a commit that is there', async () => {
    const first = host.commit('team/again', { 'a.txt': 'one' });
    const target = await mirror();
    const url = `${host.url}/team/again.git`;
    expect(await target.fetchRemote(url, 'main', allow)).toBe(first);
    const second = host.commit('team/again', { 'a.txt': 'two' });
    expect(await target.fetchRemote(url, 'main', allow)).toBe(second);
    const before = host.asked.length;
    expect(await target.fetchRemote(url, first, allow)).toBe(first);
    expect(host.asked).toHaveLength(before);
    expect((await target.exportTree(first, '.')).treeDigest).not.toBe(
      (await target.exportTree(second, '.')).treeDigest,
    );
  });

  it('gets its token behind the gateway: neither git nor a log sees it', async () => {
    const commit = host.commit('private/job', { 'a.txt': 'secret' });
    host.intercept(({ headers }, response) => {
      if (headers.authorization === `Basic ${Buffer.from(`x:${token}`).toString('base64')}`) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
      return true;
    });
    const target = await mirror();
    expect(await target.fetchRemote(`${host.url}/private/job.git`, 'main', allow)).toBe(commit);
    const told = JSON.stringify([seen, logger]);
    expect(told).not.toContain(token);
    expect(told).not.toContain(Buffer.from(`x:${token}`).toString('base64'));
    await expect(target.fetchRemote(`${host.url}/team/job.git`, 'main', allow)).rejects.toMatchObject({
      code: 'source.not-found',
      hint: expect.stringMatching(/token_env/),
    });
  });

  it.each<[string, Parameters<GitHost['intercept']>[0], string, RegExp]>([
    [
      'a redirect',
      (_request, response) => (response.writeHead(302, { location: 'https://example.org/x' }).end(), true),
      'source.refused',
      /redirects to https:\/\/example\.org/,
    ],
    [
      'a page instead of a repository',
      (_request, response) => (response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'), true),
      'source.not-found',
      /does not answer as a git repository/,
    ],
    ['a host that is down', (_request, response) => (response.writeHead(503).end(), true), 'source.unreachable', /503/],
    ['a connection that is cut', (_request, response) => (response.destroy(), true), 'source.unreachable', /localhost/],
  ])('ends in its own failure: %s', async (_what, handler, code, words) => {
    host.intercept(handler);
    const target = await mirror();
    await expect(target.fetchRemote(`${host.url}/team/job.git`, 'main', allow)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words),
    });
  });

  it('stops at its size', async () => {
    const noise = Array.from({ length: 60_000 }, (_, line) => `${line} ${Math.sin(line)} ${Math.cos(line)}\n`).join('');
    host.commit('team/large', { 'large.txt': noise });
    const target = await mirror({ ...sourceLimits, maxBytes: 300_000 });
    await expect(target.fetchRemote(`${host.url}/team/large.git`, 'main', allow)).rejects.toMatchObject({
      code: 'source.too-large',
    });
  });

  it('is not asked for where its name leads to an inner address that nobody allowed', async () => {
    const target = await mirror();
    await expect(
      target.fetchRemote('https://localhost/team/job.git', 'main', { protocols: ['https'], hosts: ['*'] }),
    ).rejects.toMatchObject({ code: 'source.refused', message: expect.stringMatching(/inside the network/) });
    expect(host.asked).toEqual([]);
  });

  it('says what is not there', async () => {
    host.commit('team/job', { 'a.txt': 'one' });
    const target = await mirror();
    const url = `${host.url}/team/job.git`;
    await expect(target.fetchRemote(url, 'nowhere', allow)).rejects.toMatchObject({ code: 'source.not-found' });
    await expect(target.fetchRemote(url, 'f'.repeat(40), allow)).rejects.toMatchObject({ code: 'source.not-found' });
    await expect(target.fetchRemote(`${host.url}/no/such.git`, 'main', allow)).rejects.toMatchObject({
      code: 'source.not-found',
    });
  });

  it('takes its submodules in the same way, and its LFS files with the same token', async () => {
    const large = 'large content';
    const oid = createHash('sha256').update(large).digest('hex');
    const lib = host.commit('private/lib', { 'lib.txt': 'lib' });
    host.commit('private/main', {
      'data.bin': `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${large.length}\n`,
      '.gitmodules': '[submodule "lib"]\n\tpath = lib\n\turl = ../lib.git\n',
    });
    host.git('private/main', 'update-index', '--add', '--cacheinfo', `160000,${lib},lib`);
    host.git('private/main', 'commit', '--quiet', '--message', 'submodule');
    let sent = large;
    host.intercept(({ headers, url = '' }, response) => {
      if (headers.authorization === undefined) return (response.writeHead(401).end(), true);
      if (url === '/files/large') return (response.end(sent), true);
      if (!url.endsWith('/private/main.git/info/lfs/objects/batch')) return false;
      const download = { href: `${host.url}/files/large` };
      response.setHeader('content-type', 'application/vnd.git-lfs+json');
      return (response.end(JSON.stringify({ objects: [{ oid, size: large.length, actions: { download } }] })), true);
    });
    const target = await mirror();
    const url = `${host.url}/private/main.git`;
    const commit = await target.fetchRemote(url, 'main', allow);
    const extras = { submodules: true, lfs: true, url, allow, blobs, signal: new AbortController().signal };
    const tree = await target.exportTree(commit, '.', extras);
    const found: Record<string, string> = {};
    for await (const { entry, content } of tree.read(tree.entries)) found[entry.path] = content.toString();
    expect(found).toMatchObject({ 'data.bin': large, 'lib/lib.txt': 'lib' });
    expect(seen).toHaveLength(2);
    sent = 'other content';
    await expect(target.exportTree(commit, '.', extras)).rejects.toMatchObject({ code: 'source.refused' });
  });

  it('ends when the caller gives up while the host is silent', async () => {
    const asked = Promise.withResolvers<void>();
    host.intercept(() => (asked.resolve(), true));
    const target = await mirror();
    const stop = new AbortController();
    const fetching = target.fetchRemote(`${host.url}/team/job.git`, 'main', allow, stop.signal);
    await asked.promise;
    stop.abort();
    await expect(fetching).rejects.toMatchObject({ code: 'source.unreachable' });
  });
});

/** The driver, with what it was asked for written down. */
function watched(driver: SandboxDriver, seen: { spec: SandboxSpec; commands: SandboxCommand[] }[]): SandboxDriver {
  return {
    ...driver,
    async create(spec, signal) {
      const entry = { spec, commands: [] as SandboxCommand[] };
      seen.push(entry);
      const sandbox = await driver.create(spec, signal);
      return {
        ...sandbox,
        exec(command) {
          entry.commands.push(command);
          return sandbox.exec(command);
        },
      };
    },
  };
}
