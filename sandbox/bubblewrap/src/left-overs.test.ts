import { existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canStartTestHelper, shellInSandbox, startTestHelper } from '@slowlane/testkit';
import type { TestHelper } from '@slowlane/testkit';
import { detectCgroups, instanceName, mountsBelow } from '@slowlane/driver-kit';

const net = { mode: 'none' } as const;

describe.skipIf(!canStartTestHelper())('after kill -9 of the helper', () => {
  let helper: TestHelper;
  let folder: string;
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(`${tmpdir()}/slowlane-left-`));
    helper = await startTestHelper();
  });
  afterAll(async () => {
    await helper.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('an attached program is gone, a supervised one goes on, and the next helper removes the rest and knows the living', async () => {
    const attached = helper.spec();
    const sandbox = await helper.driver.create(attached);
    const running = await sandbox.exec({ argv: ['/bin/sh', '-c', 'setsid sleep 300 & echo up; sleep 300'], net });
    await new Promise((resolve) => running.stdout.once('data', resolve));
    const lost = expect(running.done).rejects.toMatchObject({ code: 'sandbox.unavailable' });
    const supervised = helper.spec();
    await helper.driver.supervise(supervised, { argv: ['/bin/sh', '-c', 'echo up; sleep 300; exit 3'], net }, folder);
    await vi.waitFor(() => expect(readFileSync(`${folder}/stdout`, 'utf8')).toBe('up\n'));

    await helper.kill();
    await lost;
    await vi.waitFor(() => expect(pidsOf(attached.id)).toEqual([]), 5_000);
    expect(pidsOf(supervised.id).length).toBeGreaterThan(0);
    await expect(helper.driver.isRunning(supervised.id)).rejects.toMatchObject({ code: 'sandbox.unavailable' });

    await helper.restart();
    expect(readdirSync(`${helper.stateDir}/sandboxes`)).toEqual([supervised.id]);
    expect(mountsBelow(`/run/${instanceName(helper.stateDir)}/${attached.id}`)).toEqual([]);
    expect(await helper.driver.isRunning(supervised.id)).toBe(true);
    expect(await helper.driver.reap()).toEqual({ processes: 0, mounts: 0, cgroups: 0, folders: 0 });

    await helper.driver.kill(supervised.id, 'kill');
    await vi.waitFor(async () => expect(await helper.driver.isRunning(supervised.id)).toBe(false), 10_000);
    expect(JSON.parse(readFileSync(`${folder}/ended.json`, 'utf8'))).toMatchObject({ reason: 'cancelled' });
    expect(pidsOf(supervised.id)).toEqual([]);
    expect(readdirSync(`${helper.stateDir}/slots`)).toEqual([]);
  }, 60_000);

  it('a uid that a supervised program holds is given to no other sandbox', async () => {
    const records = mkdtempSync(`${folder}/r-`);
    const supervised = helper.spec();
    await helper.driver.supervise(supervised, { argv: ['/bin/sleep', '300'], net }, records);
    const [taken] = readdirSync(`${helper.stateDir}/slots`);
    await helper.kill();
    await helper.restart();
    const others = await Promise.all(Array.from({ length: 15 }, () => helper.driver.create(helper.spec())));
    const uids = readdirSync(`${helper.stateDir}/slots`);
    expect(new Set(uids).size).toBe(16);
    expect(readFileSync(`${helper.stateDir}/slots/${taken}`, 'utf8')).toBe(supervised.id);
    await Promise.all(others.map((one) => one.destroy()));
    await helper.driver.kill(supervised.id, 'kill');
    await vi.waitFor(() => expect(existsSync(`${records}/ended.json`)).toBe(true), 10_000);
  }, 60_000);

  it('a client that is gone takes its sandbox with it', async () => {
    const spec = helper.spec();
    const controller = new AbortController();
    const creating = helper.driver.create(spec, controller.signal);
    controller.abort(new Error('not wanted'));
    await expect(creating).rejects.toThrow('not wanted');
    await vi.waitFor(() => expect(existsSync(`${helper.stateDir}/sandboxes/${spec.id}`)).toBe(false), 5_000);
    const again = await helper.driver.create(spec);
    expect((await shellInSandbox(again, 'echo fresh')).stdout).toBe('fresh\n');
    await again.destroy();
  });

  function pidsOf(id: string): number[] {
    return detectCgroups(instanceName(helper.stateDir)).open(id).pids();
  }
});
