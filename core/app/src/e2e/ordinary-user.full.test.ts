import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildView } from '@slowlane/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProcess } from '../processes/process-record.ts';
import { makeOrdinaryUser, type OrdinaryUser, whyNoOrdinaryUser } from './__fixtures__/ordinary-user.ts';
import { createGitProject } from './git-project.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

const files = {
  'pyproject.toml': `[build-system]
requires = ["setuptools>=61", "wheel"]
build-backend = "setuptools.build_meta"

[project]
name = "moon-phases"
version = "1.0.0"

[project.scripts]
moon = "moon_phases:start"

[tool.setuptools]
packages = ["moon_phases"]
`,
  'moon_phases/__init__.py': 'import os\n\n\ndef start():\n    print(os.getuid())\n',
  'tests/test_moon.py': `import os
import unittest


class Test(unittest.TestCase):
    def test_is_nobody_that_the_machine_knows(self):
        with open("/proc/self/uid_map") as file:
            self.assertNotEqual(file.read().split()[:2], ["0", "0"])
        self.assertNotEqual(os.getuid(), 0)
`,
  '.slowlane/moon.yaml': 'pipeline: moon-phases\njob: { main: moon }\n',
};

const reason = await whyNoOrdinaryUser();

describe('an account without any rights, with sandbox: { tier: rootless }', () => {
  let user: OrdinaryUser | undefined;
  let installation: TestInstallation | undefined;
  beforeAll(async () => {
    if (reason !== undefined) return;
    user = await makeOrdinaryUser();
    installation = await createTestInstallation('sandbox: { tier: rootless }\n', user);
  });
  afterAll(async () => {
    await installation?.close();
    await user?.remove();
  });

  it('brings a Slow Lane up, builds in its sandboxes what is pushed, and takes it down', async (test) => {
    if (reason !== undefined || installation === undefined || user === undefined) return test.skip(reason);
    await installation.up();
    const run = join(installation.home, 'run');
    for (const name of ['helper', 'workspace', 'service', 'redis'] as const)
      expect(uidsOf(findProcess(run, name)?.pid), name).toEqual(Array(4).fill(user.uid));

    const { secret: token } = await installation.token('read', 'push:moon-phases');
    const project = await createGitProject(installation, { pipeline: 'moon-phases', token });
    project.write(files);
    await project.commit('Moon phases');
    const pushed = await project.push();
    expect(pushed.exitCode, pushed.stderr).toBe(0);
    expect(pushed.stderr).toMatch(/tests: 1 passed, 0 failed/);
    const { builds } = await installation.json<{ builds: BuildView[] }>('build', 'ls');
    expect(builds[0]).toMatchObject({ pipeline: 'moon-phases', state: 'registered' });

    expect((await installation.slowlane('down', '--runs')).exitCode).toBe(0);
    expect(findProcess(run, 'helper')).toBeUndefined();
  }, 300_000);
});

/** Real, effective, saved and file system uid. */
function uidsOf(pid: number | undefined): number[] {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (/^Uid:\s*(.*)$/m.exec(status)?.[1] ?? '').split(/\s+/).map(Number);
}
