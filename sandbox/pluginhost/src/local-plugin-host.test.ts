import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger, PluginHost } from '@slowlane/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { startLocalPluginHost } from './local-plugin-host.ts';

const repositoryDir = join(import.meta.dirname, '../../..');
const fixtures = join(import.meta.dirname, '__fixtures__');
const logger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('plugin host without a sandbox', () => {
  const hosts: PluginHost[] = [];
  const folders: string[] = [];
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  async function hostOf(name: string, signsAs?: string): Promise<PluginHost> {
    const folder = mkdtempSync(join(tmpdir(), 'slowlane-plugin-'));
    folders.push(folder);
    cpSync(name.startsWith('/') ? name : join(fixtures, name), folder, { recursive: true });
    const plugin = { id: 'it', folder, signsAs: signsAs ?? name };
    const host = await startLocalPluginHost({
      ...{ repositoryDir, plugins: [plugin], callTimeoutMs: 4_000 },
      ...{ node: process.execPath, logger },
    });
    hosts.push(host);
    return host;
  }

  it('runs a plugin from any folder, with the contracts and the kit of this repository', async () => {
    const host = await hostOf(join(repositoryDir, 'plugins/java-maven'), 'java-maven');
    expect(await host.detect('it', { entries: [], contents: {} })).toEqual({ match: 'no' });
    expect(await host.manifests()).toMatchObject([{ id: 'it', toolchains: ['jdk'] }]);
  });

  it('says by which id an answer was given, whatever the plugin calls itself', async () => {
    const host = await hostOf('good');
    const plan = await host.plan('it', { entries: [], contents: {} }, {} as never);
    expect(plan.plugin).toBe('it');
  });

  it.each([
    ['read', '/etc/passwd'],
    ['list', '/usr'],
    ['write', '/tmp/x'],
    ['run', '/usr/bin/true'],
  ])('keeps it from what it would not find in the sandbox: %s %s', async (deed, what) => {
    const host = await hostOf('evil', 'other-name');
    expect(await host.detect('it', { entries: [], contents: { [deed]: what } })).toEqual({
      match: 'yes',
      evidence: ['failed ERR_ACCESS_DENIED'],
    });
  });

  it('ends one that never answers', async () => {
    const host = await hostOf('evil', 'other-name');
    await expect(host.detect('it', { entries: [], contents: { loop: '' } })).rejects.toMatchObject({
      code: 'plugin.failed',
      message: expect.stringContaining('did not answer') as string,
    });
  });
});
