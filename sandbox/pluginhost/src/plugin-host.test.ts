import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Detection, Logger, PluginHost, TreeSnapshot } from '@slowlane/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { createThinDriver } from './__fixtures__/thin-driver.ts';
import { startPluginHost } from './plugin-host.ts';

const repositoryDir = join(import.meta.dirname, '../../..');
const fixtures = join(import.meta.dirname, '__fixtures__');
const logger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const root = {
  digest: 'sha256:test',
  binds: [
    { source: '/usr', target: '/usr' },
    { source: process.execPath, target: '/opt/node/bin/node' },
  ],
  symlinks: ['bin', 'lib', 'lib64'].map((name) => ({ target: `usr/${name}`, path: `/${name}` })),
  files: [],
};

describe('plugin host', () => {
  const open: { host: PluginHost; driver: ReturnType<typeof createThinDriver> }[] = [];

  afterEach(async () => {
    for (const { host, driver } of open.splice(0)) {
      await host.close();
      expect(driver.live()).toBe(0);
    }
  });

  async function hostOf(names: string[], limits: { size?: number; callTimeoutMs?: number; memoryBytes?: number } = {}) {
    const driver = createThinDriver();
    const plugins = names.map((id) => ({ id, folder: join(fixtures, id) }));
    const host = await startPluginHost({ driver, root, repositoryDir, plugins, logger, ...limits });
    open.push({ host, driver });
    return { host, driver };
  }

  const tree = (contents: Record<string, string> = {}): TreeSnapshot => ({ entries: [], contents });
  const config = {} as Parameters<PluginHost['plan']>[2];

  it('starts nothing before the first call, and answers every call of the contract', async () => {
    const { host, driver } = await hostOf(['good']);
    expect(driver.created()).toBe(0);
    expect(await host.detect('good', tree())).toEqual({ match: 'yes', evidence: ['call 1'] });
    expect((await host.plan('good', tree(), config)).output.kind).toBe('jar');
    const manifest = await host.inspect('good', {} as never, {} as never);
    expect(await host.task('good', manifest, { primary: '/Volumes/a.jar', companions: {} }, {} as never)).toMatchObject(
      {
        libraries: [{ jar: '/Volumes/a.jar' }],
      },
    );
    expect((await host.manifests()).map((one) => one.id)).toEqual(['good']);
    expect(driver.created()).toBe(1);
  });

  it('runs calls side by side up to its size and lets the rest wait', async () => {
    const { host, driver } = await hostOf(['good'], { size: 2 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => host.detect('good', tree())));
    expect(answers.every((answer) => answer.match === 'yes')).toBe(true);
    expect(driver.created()).toBe(2);
  });

  it('never lets a process serve a second plugin, and makes room by ending an idle one', async () => {
    const { host, driver } = await hostOf(['good', 'evil'], { size: 1 });
    await host.detect('good', tree());
    await host.detect('evil', tree({ print: '' }));
    expect(await host.detect('good', tree())).toEqual({ match: 'yes', evidence: ['call 1'] });
    expect(driver.created()).toBe(3);
  });

  it('turns a refusal into a user error with its hint and candidates', async () => {
    const { host, driver } = await hostOf(['good']);
    await expect(host.plan('good', tree({ refuse: 'artifact.ambiguous' }), config)).rejects.toMatchObject({
      code: 'artifact.ambiguous',
      kind: 'user',
      hint: 'change it',
      data: { plugin: 'good', candidates: ['a', 'b'] },
    });
    await host.detect('good', tree());
    expect(driver.created()).toBe(1);
  });

  it.each(['auth.invalid', 'artifact.corrupt', 'artifact.unheard-of', 'toString'])(
    'does not let a plugin refuse with the code %s',
    async (code) => {
      const { host } = await hostOf(['good']);
      await expect(host.plan('good', tree({ refuse: code }), config)).rejects.toMatchObject({ code: 'plugin.failed' });
    },
  );

  it.each([
    [{ sign: 'python' }, 'signed its answer as "python"'],
    [{ write: '../../etc/passwd' }, 'planned a path outside /work: ../../etc/passwd'],
    [{ write: '/etc/passwd' }, 'planned a path outside /work: /etc/passwd'],
  ])('refuses a plan that is not its own or leaves the work folder: %j', async (contents, message) => {
    const { host } = await hostOf(['good']);
    await expect(host.plan('good', tree(contents as Record<string, string>), config)).rejects.toMatchObject({
      code: 'plugin.failed',
      message: expect.stringContaining(message) as string,
    });
  });

  it('runs two versions of one plugin side by side, each under the name it was given', async () => {
    const driver = createThinDriver();
    const folder = join(fixtures, 'good');
    const host = await startPluginHost({
      driver,
      root,
      repositoryDir,
      plugins: ['good@1.0.0', 'good@2.0.0'].map((id) => ({ id, folder, signsAs: 'good' })),
      logger,
    });
    open.push({ host, driver });
    expect((await host.manifests()).map(({ id }) => id)).toEqual(['good@1.0.0', 'good@2.0.0']);
    for (const id of ['good@1.0.0', 'good@2.0.0']) {
      expect(await host.detect(id, tree())).toEqual({ match: 'yes', evidence: ['call 1'] });
      expect((await host.plan(id, tree(), config)).plugin).toBe(id);
      const manifest = await host.inspect(id, {} as never, {} as never);
      expect(manifest.plugin).toBe(id);
      const published = { primary: '/Volumes/a.jar', companions: {} };
      expect((await host.task(id, manifest, published, {} as never)).libraries).toEqual([{ jar: '/Volumes/a.jar' }]);
    }
    expect(driver.created()).toBe(2);
  });

  it('names the nearest plugin for one that is not there', async () => {
    const { host } = await hostOf(['good']);
    await expect(host.detect('god', tree())).rejects.toMatchObject({
      code: 'detect.none',
      hint: expect.stringContaining('"good"') as string,
    });
  });

  describe('a plugin that', () => {
    it.each([
      ['throws', 'throw', 'threw in detect: Error: boom'],
      ['throws nothing', 'throwNothing', 'threw in detect: undefined'],
      ['loops for ever', 'loop', 'did not answer within 4000 ms'],
      ['fills its heap', 'eatHeap', 'used more memory'],
      ['ends its process', 'exit', 'ended with code 0'],
      ['answers nonsense', 'nonsense', 'against the contract'],
      ['answers nothing', 'nothing', 'against the contract'],
      ['answers a promise', 'promise', 'against the contract'],
      ['answers what is no JSON', 'circular', 'circular'],
      ['answers too much', 'flood', 'answered more than'],
      ['writes into the answers', 'writeToPipe', 'wrote something that is no answer'],
    ])('%s fails only its own call', async (_, deed, message) => {
      const { host } = await hostOf(['evil', 'good'], {
        callTimeoutMs: deed === 'loop' ? 4_000 : 10_000,
        memoryBytes: 134_217_728,
      });
      const [failed, other] = await Promise.allSettled([
        host.detect('evil', tree({ [deed]: 'boom' })),
        host.detect('good', tree()),
      ]);
      expect(failed).toMatchObject({
        status: 'rejected',
        reason: { code: 'plugin.failed', message: expect.stringContaining('plugin evil') as string },
      });
      expect((failed as PromiseRejectedResult).reason.message).toContain(message);
      expect(other.status).toBe('fulfilled');
      expect(await host.detect('evil', tree({ print: '' }))).toEqual({ match: 'no' });
    });

    it('prints does no harm', async () => {
      const { host, driver } = await hostOf(['evil']);
      expect(await host.detect('evil', tree({ print: '' }))).toEqual({ match: 'no' });
      expect(await host.detect('evil', tree({ print: '' }))).toEqual({ match: 'no' });
      expect(driver.created()).toBe(1);
    });

    it('crashes after its answer is replaced', async () => {
      const { host } = await hostOf(['evil']);
      expect(await host.detect('evil', tree({ laterCrash: '' }))).toEqual({ match: 'no' });
      await expect
        .poll(() => host.detect('evil', tree({ print: '' })).catch((error: Error) => error.message))
        .toEqual({ match: 'no' });
    });

    it('looks for files finds only its own code', async () => {
      const { host } = await hostOf(['evil']);
      const evidence = async (deed: string, what: string): Promise<string> => {
        const detection = (await host.detect('evil', tree({ [deed]: what }))) as Extract<Detection, { match: 'yes' }>;
        return detection.evidence[0] as string;
      };
      expect(await evidence('read', '/etc/passwd')).toBe('failed ERR_ACCESS_DENIED');
      expect(await evidence('read', '/proc/self/environ')).toBe('failed ERR_ACCESS_DENIED');
      expect(await evidence('list', '/usr')).toBe('failed ERR_ACCESS_DENIED');
      expect(await evidence('list', '/slowlane/plugins')).toBe('got evil');
      expect(await evidence('write', '/tmp/x')).toBe('failed ERR_ACCESS_DENIED');
      expect(await evidence('run', '/usr/bin/true')).toBe('failed ERR_ACCESS_DENIED');
      expect(await evidence('env', '')).not.toMatch(/HOME|USER|VITEST|TOKEN/);
    });

    it('opens connections reaches nothing', async () => {
      let heard = 0;
      const server = createServer(() => heard++);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { host } = await hostOf(['evil']);
      await host.detect('evil', tree({ connect: String((server.address() as AddressInfo).port) }));
      await host.detect('evil', tree({ print: '' })).catch(() => undefined);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      expect(heard).toBe(0);
    });

    it('calls itself by another name is refused', async () => {
      const { host } = await hostOf(['evil']);
      await expect(host.manifests()).rejects.toMatchObject({
        code: 'plugin.failed',
        message: expect.stringContaining('"other-name"') as string,
      });
    });

    it('cannot be loaded takes no other plugin with it', async () => {
      const { host } = await hostOf(['no-plugin', 'good', 'not-there']);
      expect((await host.manifests()).map(({ id }) => id)).toEqual(['good']);
      expect(await host.detect('good', tree())).toEqual({ match: 'yes', evidence: ['call 1'] });
      await expect(host.detect('no-plugin', tree())).rejects.toMatchObject({
        code: 'plugin.failed',
        data: { plugin: 'no-plugin' },
      });
    });

    it.each([
      ['never-loads', 'did not answer within 4000 ms'],
      ['no-plugin', 'exports no "plugin"'],
      ['not-there', 'ended with code 1'],
    ])('cannot be loaded says so: %s', async (name, message) => {
      const { host } = await hostOf([name], { callTimeoutMs: name === 'never-loads' ? 4_000 : 10_000 });
      await expect(host.detect(name, tree())).rejects.toMatchObject({
        code: 'plugin.failed',
        message: expect.stringContaining(message) as string,
      });
    });
  });
});
