import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartTestHelper, startTestHelper, type TestHelper } from '@slowlane/testkit';

describe.skipIf(!canStartTestHelper())('what a program kept for itself in a folder of its caller', () => {
  let folder: string;
  let helper: TestHelper;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slowlane-left-'));
    await chmod(folder, 0o777);
    helper = await startTestHelper({ allowedSources: [folder] });
  });
  afterAll(async () => {
    await helper.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is removed by the driver, links and not what they lead to, and nothing of the caller', async () => {
    await writeFile(join(folder, 'ours'), '');
    const spec = helper.spec({ mounts: [{ kind: 'rw', source: folder, target: '/left' }], work: { kind: 'none' } });
    const sandbox = await helper.driver.create(spec);
    const script =
      'mkdir -m 700 -p /left/kept/deep; echo x > /left/kept/deep/file; ln -s /left/ours /left/kept/link; ln -s / /left/root';
    const running = await sandbox.exec({ argv: ['/bin/sh', '-c', script], net: { mode: 'none' } });
    expect(await running.done).toMatchObject({ code: 0 });
    await sandbox.destroy();
    expect((await stat(join(folder, 'kept'))).uid).not.toBe(process.getuid?.());
    expect((await readdir(folder)).sort()).toEqual(['kept', 'ours', 'root']);
    await helper.driver.removeFiles?.(folder);
    expect(await readdir(folder)).toEqual(['ours']);
  });

  it.each(['/etc', '/', `${tmpdir()}/..`, 'relative'])('is not looked for in %s', async (other) => {
    await expect(helper.driver.removeFiles?.(other)).rejects.toMatchObject({ code: 'sandbox.refused' });
  });
});
