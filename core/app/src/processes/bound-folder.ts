import { rm, stat } from 'node:fs/promises';
import { filesBelow } from './files-below.ts';

/** Removes the oldest files below a folder until the others have at most `maxBytes` together; how many bytes went. What another process removes meanwhile is fine. */
export async function boundFolder(folder: string, maxBytes: number): Promise<number> {
  const found = await Promise.all((await filesBelow(folder)).map(sizeOf));
  const newestFirst = found.flat().sort((a, b) => b.writtenAt - a.writtenAt);
  let kept = 0;
  let removed = 0;
  for (const { path, bytes } of newestFirst) {
    if (kept + bytes <= maxBytes && removed === 0) {
      kept += bytes;
      continue;
    }
    await rm(path, { force: true });
    removed += bytes;
  }
  return removed;
}

async function sizeOf(path: string): Promise<{ path: string; bytes: number; writtenAt: number }[]> {
  try {
    const { size, mtimeMs } = await stat(path);
    return [{ path, bytes: size, writtenAt: mtimeMs }];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
