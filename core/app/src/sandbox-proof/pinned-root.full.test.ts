import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartOwnEngine, startOwnEngine } from '@slowlane/oci';
import { canStartTestHelper, shellInSandbox, startTestHelper } from '@slowlane/testkit';
import type { TestHelperOptions } from '@slowlane/testkit';
import { debianSuite, discoverTools, findPinnedRoot, hostRoot, pinRoot, type PinnedRoot } from '@slowlane/toolchains';

/** Needs the Debian mirror that apt of this machine uses. */
describe.skipIf(!canStartTestHelper())('a pinned root file system from Debian packages', () => {
  let roots: string;
  let pinned: PinnedRoot;
  const said: string[] = [];
  const request = () => ({ roots, suite: debianSuite(), packages: ['python3-venv', 'ca-certificates'] });
  beforeAll(async () => {
    roots = realpathSync(mkdtempSync(`${tmpdir()}/slowlane-roots-`));
    pinned = await pinRoot({ ...request(), say: (line) => void said.push(line) });
  }, 280_000);
  afterAll(() => rmSync(roots, { recursive: true, force: true }));

  it('names its packages, says what it does, and is used again', async () => {
    expect(pinned.packages.map((one) => one.name)).toEqual(expect.arrayContaining(['python3', 'python3-venv', 'dpkg']));
    expect(pinned.packages.map((one) => one.name)).not.toContain('git');
    expect(said.length).toBeGreaterThan(3);
    const lines = said.length;
    expect(await pinRoot({ ...request(), say: (line) => void said.push(line) })).toEqual(pinned);
    expect(findPinnedRoot(request())).toEqual(pinned);
    expect(said).toHaveLength(lines);
  });

  it('builds on bubblewrap', async () => {
    expect(await build({})).toBe('42\nno git\n');
  });

  it.skipIf(!canStartOwnEngine('docker'))(
    'builds on docker, from the same files',
    async () => {
      const { engine, close } = await startOwnEngine('docker');
      try {
        expect(await build({ engine })).toBe('42\nno git\n');
      } finally {
        await close();
      }
    },
    120_000,
  );

  /** An archive that runs, by the tools of the root alone. */
  async function build(options: TestHelperOptions): Promise<string> {
    const helper = await startTestHelper({ ...options, allowedSources: [roots] });
    try {
      const root = await hostRoot({ pinned, tools: await discoverTools({ pinned }) });
      const sandbox = await helper.driver.create(helper.spec({ root }));
      const script = [
        'mkdir src; echo "print(6 * 7)" > src/__main__.py',
        'python3 -m venv v && v/bin/pip --version > said && v/bin/python -m zipapp src -o m.pyz && v/bin/python m.pyz',
        'test -e /usr/bin/git || echo no git',
      ].join('; ');
      const { stdout, stderr } = await shellInSandbox(sandbox, script);
      await sandbox.destroy();
      return stdout + stderr;
    } finally {
      await helper.close();
    }
  }
});
