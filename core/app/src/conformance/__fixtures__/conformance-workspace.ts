import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Need } from '@slowlane/conformance';
import type { Logger } from '@slowlane/contracts';
import { createWorkspace } from '@slowlane/workspace';
import { createPythonDriver } from './python-driver.ts';

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
export const token = 'dapi-conformance-test';
/** What a workspace has whose programs are plain Python. */
export const withoutSpark: readonly Need[] = ['programs', 'clusters'];

/** A workspace that listens on a free port and runs the cases' programs with plain Python. */
export async function startConformanceWorkspace(): Promise<{ host: string; token: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-conformance-'));
  const volumesDir = join(folder, 'volumes');
  const { driver, close } = createPythonDriver(volumesDir);
  const workspace = await createWorkspace({
    stateDir: join(folder, 'state'),
    volumesDir,
    driver,
    root: { digest: 'sha256:0', binds: [], symlinks: [], files: [] },
    token,
    limits: { driverMemoryBytes: 1_024 ** 3, cpus: 2, maxActiveRuns: 50, wallMs: 3_600_000 },
    user: { userName: 'owner@example.org' },
    logger: silent,
    classArchive: false,
  });
  const { url } = await workspace.listen(0, '127.0.0.1');
  return {
    host: url,
    token,
    async close() {
      await close();
      await workspace.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
