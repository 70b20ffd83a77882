import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mountsBelow, instanceName } from '@slowlane/driver-kit';
import { runInSandbox, startTestHelper } from '@slowlane/testkit';
import type { TestHelper } from '@slowlane/testkit';
import { canStartOwnEngine, startOwnEngine } from './own-engine.ts';
import type { OwnEngine } from './own-engine.ts';
import { connectEngine } from './engine.ts';

const fetch = 'import sys, urllib.request as u\nprint(u.urlopen(sys.argv[1]).read().decode())';

describe.each(['docker', 'podman'] as const)('a sandbox of %s', (kind) => {
  describe.skipIf(!canStartOwnEngine(kind))('with an engine of its own', () => {
    let engine: OwnEngine;
    let helper: TestHelper;
    let gateway: Server;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(`${tmpdir()}/slowlane-oci-net-`);
      gateway = createServer((request, response) => response.end(`gateway ${request.url}`));
      await new Promise<void>((resolve) => gateway.listen(`${folder}/gateway.sock`, resolve));
      engine = await startOwnEngine(kind);
      helper = await startTestHelper({ engine: engine.engine });
    });
    afterAll(async () => {
      await helper?.close();
      await engine?.close();
      gateway.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('reaches the gateway and nothing else, and refuses nets it does not have', async () => {
      const sandbox = await helper.driver.create(helper.spec());
      const net = { mode: 'gateway', socketPath: `${folder}/gateway.sock` } as const;
      const get = (port: number, through: typeof net | { mode: 'none' }) =>
        runInSandbox(sandbox, { argv: ['/usr/bin/python3', '-c', fetch, `http://127.0.0.1:${port}/x`], net: through });
      expect((await get(3128, net)).stdout).toBe('gateway /x\n');
      expect((await get(8080, net)).stderr).toContain('Connection refused');
      expect((await get(3128, { mode: 'none' })).stderr).toContain('Connection refused');
      for (const refused of [{ mode: 'shared', name: 'cluster' }, { mode: 'host' }] as const) {
        await expect(sandbox.exec({ argv: ['/bin/true'], net: refused })).rejects.toMatchObject({
          code: 'sandbox.refused',
        });
      }
      await sandbox.destroy();
    });

    it('leaves no container, mount or folder after kill -9 of the helper and its next start', async () => {
      const spec = helper.spec();
      const sandbox = await helper.driver.create(spec);
      const running = await sandbox.exec({ argv: ['/bin/sh', '-c', 'echo up; sleep 300'], net: { mode: 'none' } });
      await new Promise((resolve) => running.stdout.once('data', resolve));
      const lost = expect(running.done).rejects.toMatchObject({ code: 'sandbox.unavailable' });
      await helper.kill();
      await lost;
      await helper.restart();
      expect(readdirSync(`${helper.stateDir}/sandboxes`)).toEqual([]);
      expect(mountsBelow(`/run/${instanceName(helper.stateDir)}/${spec.id}`)).toEqual([]);
      expect(existsSync(`/sys/fs/cgroup/pids/${instanceName(helper.stateDir)}/${spec.id}`)).toBe(false);
      await vi.waitFor(async () =>
        expect(await connectEngine(engine.engine).listContainers({ all: true })).toEqual([]),
      );
    });
  });
});
