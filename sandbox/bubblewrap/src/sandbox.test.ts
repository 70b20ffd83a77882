import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxSpec } from '@slowlane/contracts';
import { canStartTestHelper, runInSandbox, shellInSandbox, startTestHelper } from '@slowlane/testkit';
import type { SandboxOutcome, TestHelper } from '@slowlane/testkit';

const caller = { uid: 65_033, gid: 65_033 };

describe.skipIf(!canStartTestHelper())('a sandbox', () => {
  let helper: TestHelper;
  let folder: string;
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(`${tmpdir()}/slowlane-sandbox-`));
    for (const name of ['allowed', 'secret', 'allowed/data']) mkdirSync(`${folder}/${name}`);
    writeFileSync(`${folder}/allowed/file`, 'content\n');
    symlinkSync(`${folder}/secret`, `${folder}/allowed/link`);
    helper = await startTestHelper({ allowedSources: [`${folder}/allowed`], caller });
  });
  afterAll(async () => {
    await helper.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows a mount whose source lies in a private home, and does not let it be written', async () => {
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const { stdout, stderr } = await within({ mounts: [ro('/in/file', 'file')] }, 'cat /in/file; echo x > /in/file');
    expect(stdout).toBe('content\n');
    expect(stderr).toContain('Read-only file system');
  });

  it('writes to a volume of the caller as a member of their group, whichever uid it has', async () => {
    chownSync(`${folder}/allowed/data`, 0, caller.gid);
    chmodSync(`${folder}/allowed/data`, 0o775);
    const mounts: SandboxSpec['mounts'] = [{ kind: 'rw', source: `${folder}/allowed/data`, target: '/Volumes' }];
    const once = () =>
      within({ identity: 'shared-group', mounts }, 'umask; mkdir -p /Volumes/d; echo x >> /Volumes/d/f');
    expect((await once()).stdout).toBe('0002\n');
    expect((await once()).stderr).toBe('');
    const made = statSync(`${folder}/allowed/data/d/f`);
    expect([made.gid, made.mode & 0o777, made.size]).toEqual([caller.gid, 0o664, 4]);
    expect(made.uid).not.toBe(0);
  });

  it.each<[string, Partial<SandboxSpec>]>([
    ['a source outside the allowed folders', { mounts: [{ kind: 'ro', source: '/etc/shadow', target: '/x' }] }],
    ['a source that leaves them through a link', { mounts: [ro('/x', 'link')] }],
    ['a source with ..', { mounts: [ro('/x', '../secret')] }],
    ['a source that does not exist', { mounts: [ro('/x', 'nothing')] }],
    ['a target over /proc', { mounts: [ro('/proc/x', 'file')] }],
    ['a target over /', { mounts: [ro('/', 'file')] }],
    ['an id with a slash', { id: '../x' }],
    ['an environment with a bad name', { env: { 'A=B': 'x' } }],
    [
      'a root of the machine',
      { root: { digest: 'x', binds: [{ source: '/', target: '/host' }], symlinks: [], files: [] } },
    ],
    [
      'a root with /etc/shadow',
      { root: { digest: 'x', binds: [{ source: '/etc/shadow', target: '/etc/s' }], symlinks: [], files: [] } },
    ],
    [
      'a generated file in a bound folder',
      {
        root: {
          digest: 'x',
          binds: [{ source: '/etc/alternatives', target: '/etc/a' }],
          symlinks: [],
          files: [{ path: '/etc/a/x', content: '' }],
        },
      },
    ],
  ])('refuses %s', async (_, changes) => {
    const before = helper.spec(changes);
    const spec = {
      ...before,
      mounts: before.mounts.map((mount) =>
        'source' in mount ? { ...mount, source: mount.source.replace('@', folder) } : mount,
      ),
    };
    await expect(helper.driver.create(spec)).rejects.toMatchObject({ code: 'sandbox.refused' });
    expect(existsSync('/etc/alternatives/x')).toBe(false);
  });

  it('refuses a record folder of somebody else', async () => {
    const record = `${folder}/allowed/data`;
    const command = { argv: ['/bin/true'], net: { mode: 'none' } } as const;
    await expect(
      helper.driver.supervise(helper.spec(), { ...command, argv: ['/bin/true'] }, record),
    ).rejects.toMatchObject({
      code: 'sandbox.refused',
      message: expect.stringContaining('belongs to uid 0'),
    });
  });

  it('gives the files of a supervised run to the caller', async () => {
    const record = `${folder}/allowed/record`;
    mkdirSync(record);
    chownSync(record, caller.uid, caller.gid);
    await helper.driver.supervise(helper.spec(), { argv: ['/bin/echo', 'hi'], net: { mode: 'none' } }, record);
    await expect.poll(() => existsSync(`${record}/ended.json`), { timeout: 10_000 }).toBe(true);
    for (const name of ['stdout', 'stderr', 'started.json', 'ended.json']) {
      expect([name, statSync(`${record}/${name}`).uid]).toEqual([name, caller.uid]);
    }
  });

  it('tells why it could not be set up', async () => {
    const sandbox = await helper.driver.create(helper.spec({ mounts: [ro('/usr/not-there/x', 'file', folder)] }));
    const running = await sandbox.exec({ argv: ['/bin/true'], net: { mode: 'none' } });
    running.stdout.resume();
    await expect(running.done).rejects.toMatchObject({
      code: 'sandbox.failed',
      message: expect.stringContaining("Can't mkdir"),
    });
    await sandbox.destroy();
  });

  it('gives 127 for a program that does not exist', async () => {
    const sandbox = await helper.driver.create(helper.spec());
    const { end, stderr } = await runInSandbox(sandbox, { argv: ['not-there'] });
    expect(end).toMatchObject({ reason: 'exit', code: 127 });
    expect(stderr).toContain('not-there');
    await sandbox.destroy();
  });

  it('keeps CPU time within its share', async () => {
    const limits = { ...helper.spec().limits, cpus: 0.5, wallMs: 1_500 };
    const { end } = await within({ limits }, 'while :; do :; done & while :; do :; done');
    expect(end.reason).toBe('timeout');
    expect(end.usage.cpuMs).toBeLessThan(end.usage.wallMs * 0.5 + 200);
  });

  it('shares nothing with a sandbox beside it', async () => {
    const [one, two] = await Promise.all([helper.driver.create(helper.spec()), helper.driver.create(helper.spec())]);
    const listening = await one.exec({
      argv: [
        '/usr/bin/python3',
        '-c',
        'import socket,time\ns=socket.create_server(("127.0.0.1",5000))\nopen("/tmp/mark","w")\nprint("up",flush=True)\ntime.sleep(60)',
      ],
      net: { mode: 'none' },
    });
    await new Promise((resolve) => listening.stdout.once('data', resolve));
    const script =
      'import socket,os\nprint(os.path.exists("/tmp/mark"))\ntry: socket.create_connection(("127.0.0.1",5000),1)\nexcept OSError as e: print(e.strerror)\nprint(sorted(p for p in os.listdir("/proc") if p.isdigit()))';
    const seen = await runInSandbox(two, { argv: ['/usr/bin/python3', '-c', script] });
    expect(seen.stdout).toBe("False\nConnection refused\n['1', '2']\n");
    await Promise.all([one.destroy(), two.destroy()]);
  });

  async function within(changes: Partial<SandboxSpec>, script: string): Promise<SandboxOutcome> {
    const spec = helper.spec(changes);
    const mounts = spec.mounts.map((mount) =>
      'source' in mount ? { ...mount, source: mount.source.replace('@', folder) } : mount,
    );
    const sandbox = await helper.driver.create({ ...spec, mounts });
    try {
      return await shellInSandbox(sandbox, script);
    } finally {
      await sandbox.destroy();
    }
  }
});

/** `@` stands for the folder of the test, which is not known when the table is written. */
function ro(target: string, name: string, base = '@'): SandboxSpec['mounts'][number] {
  return { kind: 'ro', source: `${base}/allowed/${name}`, target };
}
