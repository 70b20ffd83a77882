import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { SandboxCommand, SandboxDriver } from '@slowlane/contracts';
import { type FetchAllowance, type Mirror, openMirror, sourceLimits } from '@slowlane/sources';
import {
  canStartTestHelper,
  createMemoryBlobStore,
  createMemoryLogger,
  type GitHost,
  startGitHost,
  startTestHelper,
} from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGitGateway } from './__fixtures__/git-gateway.ts';
import { canStartSshHost, type SshHost, startSshHost } from './__fixtures__/ssh-host.ts';
import { temporaryFolder } from './__fixtures__/stage-rig.ts';

/** The whole way: the gateway's wire, git and ssh in bubblewrap, real sshd, the mirror. */
describe.skipIf(!canStartTestHelper() || !canStartSshHost())('a git source over ssh', { timeout: 60_000 }, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let host: SshHost;
  let helper: Awaited<ReturnType<typeof startTestHelper>>;
  let allow: FetchAllowance;
  let count = 0;
  const logger = createMemoryLogger();
  const blobs = createMemoryBlobStore();
  const commands: SandboxCommand[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder();
    host = await startSshHost(folder.path);
    helper = await startTestHelper();
    allow = { protocols: ['https', 'ssh'], hosts: [host.host] };
  });
  afterAll(async () => {
    await helper?.close();
    await host?.close();
    await folder?.remove();
  });

  type Access = { privateKey?: string; hostKeys?: readonly string[]; limits?: typeof sourceLimits; caBundle?: string };

  /** A mirror whose gateway has one key for all repositories of the host. */
  async function withMirror<T>(access: Access, use: (mirror: Mirror) => Promise<T>): Promise<T> {
    const { privateKey = host.deployKey, hostKeys = [host.hostKey], limits = sourceLimits, caBundle } = access;
    const gateway = await openGitGateway(folder.path, {
      caBundle,
      gitKeys: [{ match: `${host.url}/team/*`, privateKey, hostKeys }],
      blobs,
      logger,
    });
    try {
      const dir = join(folder.path, `ssh-mirror-${count++}.git`);
      const fetchIn = { driver: watched(helper.driver, commands), root: () => helper.root, gateway };
      return await use(await openMirror({ dir, gitPath: '/usr/bin/git', limits, fetchIn }));
    } finally {
      await gateway.close();
    }
  }

  it('is fetched with its deploy key, again when there is more, and comes without history', async () => {
    const first = host.commit('team/job', { 'a.txt': 'one' });
    const second = host.commit('team/job', { 'a.txt': 'two', 'b/c.txt': 'c' });
    await withMirror({}, async (mirror) => {
      expect(await mirror.fetchRemote(`${host.url}/team/job`, 'main', allow)).toBe(second);
      expect((await mirror.readTree(second, '.')).entries.map(({ path }) => path)).toEqual(['a.txt', 'b/c.txt']);
      expect(await mirror.has(first)).toBe(false);
      const third = host.commit('team/job', { 'a.txt': 'three' });
      expect(await mirror.fetchRemote(`${host.url}/team/job`, 'main', allow)).toBe(third);
    });
  });

  it('has its key in the fetch sandbox only: not in a command, not in a log, and not where the pack is made', async () => {
    host.commit('team/secret', { 'a.txt': 'one' });
    commands.length = 0;
    await withMirror({}, (mirror) => mirror.fetchRemote(`${host.url}/team/secret`, 'main', allow));
    const line = host.deployKey.split('\n')[2]!;
    expect(JSON.stringify([commands, logger, host.said()])).not.toContain(line);
    const argvs = commands.map(({ argv }) => argv.join(' '));
    const removed = argvs.findIndex((argv) => argv.startsWith('/bin/rm -rf -- /work/ssh'));
    expect(removed).toBeGreaterThan(argvs.findIndex((argv) => argv.includes(' fetch ')));
    expect(argvs.findIndex((argv) => argv.includes('pack-objects'))).toBeGreaterThan(removed);
  });

  it('is not asked anything when the host has another key than the one that is known', async () => {
    const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    await withMirror({ hostKeys: [other] }, async (mirror) => {
      await expect(mirror.fetchRemote(`${host.url}/team/job`, 'main', allow)).rejects.toMatchObject({
        code: 'source.refused',
        hint: expect.stringMatching(/host_keys/),
      });
    });
  });

  it('is not there for a key that the host does not let in', async () => {
    await withMirror({ privateKey: host.strangersKey }, async (mirror) => {
      await expect(mirror.fetchRemote(`${host.url}/team/job`, 'main', allow)).rejects.toMatchObject({
        code: 'source.not-found',
        message: expect.stringMatching(/Permission denied/),
        hint: expect.stringMatching(/key_env/),
      });
    });
  });

  it('needs a key of its own, and a host that may be asked', async () => {
    host.commit('other/job', { 'a.txt': 'one' });
    await withMirror({}, async (mirror) => {
      await expect(mirror.fetchRemote(`${host.url}/other/job`, 'main', allow)).rejects.toMatchObject({
        code: 'source.refused',
        message: expect.stringMatching(/no deploy key/),
      });
      const anyPublic: FetchAllowance = { protocols: ['ssh'], hosts: ['*'] };
      await expect(mirror.fetchRemote(`${host.url}/team/job`, 'main', anyPublic)).rejects.toMatchObject({
        code: 'source.refused',
      });
    });
  });

  it('says what is not there, and stops at its size', async () => {
    await withMirror({}, async (mirror) => {
      await expect(mirror.fetchRemote(`${host.url}/team/nowhere`, 'main', allow)).rejects.toMatchObject({
        code: 'source.not-found',
      });
    });
    const noise = Array.from({ length: 60_000 }, (_, line) => `${line} ${Math.sin(line)} ${Math.cos(line)}\n`).join('');
    host.commit('team/large', { 'large.txt': noise });
    await withMirror({ limits: { ...sourceLimits, maxBytes: 300_000 } }, async (mirror) => {
      await expect(mirror.fetchRemote(`${host.url}/team/large`, 'main', allow)).rejects.toMatchObject({
        code: 'source.too-large',
      });
    });
  });

  describe('with LFS files', () => {
    const large = 'large content';
    const oid = createHash('sha256').update(large).digest('hex');
    const lfsToken = 'RemoteAuth planted-lfs-token-4711';
    let lfs: GitHost;
    let commit: string;

    beforeAll(async () => {
      lfs = await startGitHost(folder.path);
      lfs.intercept(({ headers, url = '' }, response) => {
        if (url === '/files/large') return (response.end(large), true);
        if (headers.authorization !== lfsToken || url !== '/lfs/team/large/objects/batch')
          return (response.writeHead(403).end(), true);
        const actions = { download: { href: `${lfs.url}/files/large` } };
        return (response.end(JSON.stringify({ objects: [{ oid, size: large.length, actions }] })), true);
      });
      const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${large.length}\n`;
      commit = host.commit('team/lfs', { 'data.bin': pointer });
    });
    afterAll(() => lfs?.close());

    /** The content of the file, after a fetch by what the host says of LFS. */
    function contentBy(said: string, hosts: readonly string[]): Promise<string> {
      host.sayLfs(said);
      const url = `${host.url}/team/lfs`;
      const extras = { submodules: false, lfs: true, url, allow: { ...allow, hosts }, blobs };
      return withMirror({ caBundle: lfs.caFile }, async (mirror) => {
        await mirror.fetchRemote(url, 'main', allow);
        const { entries, read } = await mirror.exportTree(commit, '.', {
          ...extras,
          signal: AbortSignal.timeout(60_000),
        });
        let content = '';
        for await (const file of read(entries)) content += file.content.toString();
        return content;
      });
    }
    const saying = (href: string): string =>
      JSON.stringify({ href, header: { Authorization: lfsToken }, expires_in: 60 });

    it('asks its host who has them, in a sandbox, and that server with what the host gave', async () => {
      const before = commands.length;
      const said = saying(`${lfs.url}/lfs/team/large`);
      expect(await contentBy(said, [host.host, lfs.host])).toBe(large);
      expect(host.askedForLfs()).toMatch(/^git-lfs-authenticate \/\S+\/team\/lfs download\n$/);
      const asking = commands.slice(before).find(({ argv }) => argv.includes('git-lfs-authenticate'));
      expect(asking).toMatchObject({ net: { mode: 'gateway' } });
      expect(JSON.stringify([commands, logger])).not.toContain('planted-lfs-token');
    });

    it.each<[string, string, RegExp]>([
      [
        'a server that nobody named',
        saying('https://lfs.example.org/team/large'),
        /host lfs\.example\.org is not allowed/,
      ],
      [
        'another port of the host itself',
        saying('https://127.0.0.1:1/team/large'),
        /host 127\.0\.0\.1:1 is not allowed/,
      ],
      ['plain http', saying('http://127.0.0.1/team/large'), /protocol http is not allowed/],
      ['credentials in the address', saying('https://user:word@127.0.0.1/x'), /it holds credentials/],
      ['no JSON', 'welcome', /cannot be read/],
    ])('is refused when its host names %s', async (_what, said, reason) => {
      const asked = lfs.asked.length;
      await expect(contentBy(said, ['*', host.host, lfs.host])).rejects.toMatchObject({
        code: 'source.refused',
        message: expect.stringMatching(reason),
      });
      expect(lfs.asked).toHaveLength(asked);
    });

    it('says so when its host knows no LFS', async () => {
      await expect(
        withMirror({}, async (mirror) => {
          const url = `${host.url}/team/lfs`;
          host.forgetLfs();
          await mirror.fetchRemote(url, 'main', allow);
          const signal = AbortSignal.timeout(60_000);
          return mirror.exportTree(commit, '.', { submodules: false, lfs: true, url, allow, blobs, signal });
        }),
      ).rejects.toMatchObject({ code: 'source.not-found', message: expect.stringMatching(/lfs-says/) });
    });
  });
});

/** The driver, with the commands written down. */
function watched(driver: SandboxDriver, commands: SandboxCommand[]): SandboxDriver {
  return {
    ...driver,
    async create(spec, signal) {
      const sandbox = await driver.create(spec, signal);
      return {
        ...sandbox,
        exec(command) {
          commands.push(command);
          return sandbox.exec(command);
        },
      };
    },
  };
}
