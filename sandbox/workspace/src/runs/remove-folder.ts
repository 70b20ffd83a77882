import { rm } from 'node:fs/promises';
import type { SandboxDriver } from '@slowlane/contracts';

/**
 * Removes a folder that programs of the sandbox wrote to. Spark keeps some of its folders for its own user, and a program that was killed had no time to
 * remove them; the driver can.
 */
export async function removeFolder(driver: Pick<SandboxDriver, 'removeFiles'>, folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    if (!isDenied(error) || driver.removeFiles === undefined) throw error;
    await driver.removeFiles(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

/** `ENOTEMPTY`: Node's own answer where a folder inside could not be read. */
function isDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '');
}
