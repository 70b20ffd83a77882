import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SandboxSpec } from '@slowlane/contracts';
import { outcomeOf, sandboxContractSuite, shellInSandbox } from '@slowlane/testkit';
import { createDummyDriver } from './dummy-driver.ts';

const net = { mode: 'none' } as const;

describe('dummy driver', () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(`${tmpdir()}/slowlane-dummy-`));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps the contract that the real drivers keep', async () => {
    const findings = await sandboxContractSuite(createDummyDriver({ folder }), { spec: spec(), folder });
    expect(findings.filter((finding) => !finding.ok)).toEqual([]);
    expect(findings.length).toBeGreaterThan(20);
  }, 60_000);

  it('never claims to isolate', async () => {
    expect((await createDummyDriver({ folder }).probe()).ok).toBe(false);
  });

  it('gives the end that its dials say, whatever the program did', async () => {
    const driver = createDummyDriver({ folder });
    const sandbox = await driver.create(spec());
    driver.dials.exitCode = 42;
    expect((await shellInSandbox(sandbox, 'exit 1')).end).toMatchObject({ reason: 'exit', code: 42 });
    driver.dials.outOfMemory = true;
    expect((await shellInSandbox(sandbox, 'exit 0')).end).toMatchObject({ reason: 'oom', usage: { oomKills: 1 } });
    driver.dials.loseLog = true;
    expect((await shellInSandbox(sandbox, 'echo lost')).stdout).toBe('');
    await sandbox.destroy();
  });

  it('sleeps instead of running the program', async () => {
    const driver = createDummyDriver({ folder, sleepMs: 60_000 });
    const sandbox = await driver.create(spec());
    const running = await sandbox.exec({ argv: ['/does/not/exist'], net });
    await sandbox.killAll();
    expect((await outcomeOf(running)).end.reason).toBe('cancelled');
    await sandbox.destroy();
  });

  it('fails to start when it is told to', async () => {
    const driver = createDummyDriver({ folder, failToStart: true });
    await expect(driver.create(spec())).rejects.toMatchObject({ code: 'sandbox.failed' });
  });

  it('complains about calls in the wrong order', async () => {
    const driver = createDummyDriver({ folder });
    const sandbox = await driver.create(spec());
    await expect(driver.create(spec())).rejects.toMatchObject({ code: 'sandbox.refused' });
    await sandbox.exec({ argv: ['/bin/sleep', '60'], net });
    await expect(sandbox.collect(['*'])).rejects.toMatchObject({ code: 'sandbox.refused' });
    await sandbox.destroy();
    await expect(sandbox.exec({ argv: ['/bin/true'], net })).rejects.toMatchObject({ code: 'sandbox.refused' });
    expect(driver.complaints).toEqual([
      'create: the id dummy is in use',
      'collect before killAll: dummy has running programs',
      'exec after destroy: dummy',
    ]);
  });

  it('can be deaf to TERM', async () => {
    const driver = createDummyDriver({ folder, ignoreTerm: true });
    await driver.supervise(spec(), { argv: ['/bin/sleep', '60'], net }, folder);
    await driver.kill('dummy', 'term');
    expect(await driver.isRunning('dummy')).toBe(true);
    await driver.kill('dummy', 'kill');
    await vi.waitFor(async () => expect(await driver.isRunning('dummy')).toBe(false));
  });
});

function spec(): SandboxSpec {
  return {
    id: 'dummy',
    root: { digest: 'none', binds: [], symlinks: [], files: [] },
    mounts: [],
    env: {},
    limits: {
      wallMs: 30_000,
      memoryBytes: 1_073_741_824,
      pids: 100,
      cpus: 1,
      workBytes: 1_073_741_824,
      workInodes: 1_000,
      outputBytes: 16 * 1_048_576,
      tmpBytes: 1_048_576,
    },
    work: { kind: 'volume' },
    identity: 'slot',
  };
}
