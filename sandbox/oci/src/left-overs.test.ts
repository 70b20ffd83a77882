import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { detectCgroups, instanceName, mountsBelow } from '@slowlane/driver-kit';
import { startTestHelper } from '@slowlane/testkit';
import type { TestHelper } from '@slowlane/testkit';
import { connectEngine } from './engine.ts';
import { canStartOwnEngine, startOwnEngine } from './own-engine.ts';
import type { OwnEngine } from './own-engine.ts';

const net = { mode: 'none' } as const;

describe.each(['docker', 'podman'] as const)('after kill -9 of the helper over %s', (kind) => {
  describe.skipIf(!canStartOwnEngine(kind))('with an engine of its own', () => {
    let engine: OwnEngine;
    let helper: TestHelper;
    let folder: string;
    beforeAll(async () => {
      folder = realpathSync(mkdtempSync(`${tmpdir()}/slowlane-oci-left-`));
      engine = await startOwnEngine(kind);
      helper = await startTestHelper({ engine: engine.engine });
    });
    afterAll(async () => {
      await helper?.close();
      await engine?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('the next one leaves no process, container, mount, cgroup or folder of what was attached, and what is supervised goes on', async () => {
      const attached = helper.spec();
      const sandbox = await helper.driver.create(attached);
      const running = await sandbox.exec({ argv: ['/bin/sh', '-c', 'setsid sleep 300 & echo up; sleep 300'], net });
      await new Promise((resolve) => running.stdout.once('data', resolve));
      const lost = expect(running.done).rejects.toMatchObject({ code: 'sandbox.unavailable' });
      const supervised = helper.spec();
      await helper.driver.supervise(supervised, { argv: ['/bin/sh', '-c', 'echo up; sleep 300'], net }, folder);
      await vi.waitFor(() => expect(readFileSync(`${folder}/stdout`, 'utf8')).toBe('up\n'), 20_000);
      const instance = instanceName(helper.stateDir);
      expect(pidsOf(attached.id).length).toBeGreaterThan(1);
      expect(await containers()).toHaveLength(2);

      await helper.kill();
      await lost;
      await helper.restart();
      expect(pidsOf(attached.id)).toEqual([]);
      expect(await containers()).toEqual([supervised.id]);
      expect(mountsBelow(`/run/${instance}/${attached.id}`)).toEqual([]);
      expect(readdirSync(`${helper.stateDir}/sandboxes`)).toEqual([supervised.id]);
      expect(cgroupsNamed(`${instance}/${attached.id}`)).toEqual([]);
      expect(await helper.driver.isRunning(supervised.id)).toBe(true);
      expect(await helper.driver.reap()).toEqual({ processes: 0, mounts: 0, cgroups: 0, folders: 0 });

      await helper.driver.kill(supervised.id, 'kill');
      await vi.waitFor(async () => expect(await helper.driver.isRunning(supervised.id)).toBe(false), 20_000);
      // Its supervisor removes the container when all that it said has been read.
      await vi.waitFor(async () => expect(await containers()).toEqual([]), 20_000);
      expect(pidsOf(supervised.id)).toEqual([]);
    }, 120_000);

    function pidsOf(id: string): number[] {
      return detectCgroups(instanceName(helper.stateDir)).open(id).pids();
    }

    /** Ids of sandboxes that have a container. */
    async function containers(): Promise<(string | undefined)[]> {
      const found = await connectEngine(engine.engine).listContainers({ all: true });
      return found.map((one) => one.Labels['slowlane.sandbox']);
    }
  });
});

/** In all hierarchies. */
function cgroupsNamed(name: string): string[] {
  const mount = '/sys/fs/cgroup';
  return ['.', ...readdirSync(mount)].map((one) => `${mount}/${one}/${name}`).filter((place) => existsSync(place));
}
