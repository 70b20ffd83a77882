import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './sync-folder.ts';

/**
 * Puts a file in its place so that a power cut leaves the old one or the new one: temporary name, fsync, rename, fsync of the folder. `check` sees it
 * before it gets its name; when that throws, nothing is left.
 */
export async function writeSynced(
  dir: string,
  name: string,
  { content, check }: { content: string | Uint8Array; check?: (temporary: string) => Promise<void> },
): Promise<void> {
  const temporary = join(dir, `${name}.tmp`);
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await check?.(temporary).catch(async (error: unknown) => {
    await rm(temporary);
    throw error;
  });
  await rename(temporary, join(dir, name));
  await syncFolder(dir);
}
