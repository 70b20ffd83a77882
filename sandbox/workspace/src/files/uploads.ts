import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { inFolder } from './safe-folder.ts';

/** Name of the folder for unfinished uploads below a root; on the same file system as the targets, and 0700, so that no run can reach into it. */
export const uploadsName = '.uploads';

export interface Upload {
  root: string;
  names: readonly string[];
  overwrite: boolean;
}

/** `exists` = something is there and may not be replaced; `folder` = a folder is there. */
export type UploadResult = { kind: 'stored'; bytes: number } | { kind: 'exists' } | { kind: 'folder' };

/** Makes the folder for unfinished uploads and removes what a crash left in it. */
export async function prepareUploads(root: string): Promise<void> {
  const folder = join(root, uploadsName);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

/**
 * Streams a body to its place: whole or not at all, on the disk before it returns, 0664. The parent folder must exist. The stream's
 * own error (a cut connection) comes out, and nothing is left of the upload.
 */
export async function storeUpload(upload: Upload, body: Readable | Buffer): Promise<UploadResult> {
  const temporary = join(upload.root, uploadsName, randomUUID());
  try {
    const bytes = await writeBody(temporary, body);
    const placed = await placeUpload(temporary, upload);
    return placed === 'stored' ? { kind: 'stored', bytes } : { kind: placed };
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Moves a finished file of the uploads folder to its place. */
export function placeUpload(temporary: string, upload: Upload): Promise<'stored' | 'exists' | 'folder'> {
  return inFolder(upload.root, upload.names.slice(0, -1), (parent) => place(temporary, parent, upload));
}

/** Writes a new file, on the disk before it returns. */
export async function writeBody(path: string, body: Readable | Buffer): Promise<number> {
  const file = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    let bytes = 0;
    for await (const chunk of Buffer.isBuffer(body) ? [body] : body) {
      await file.writeFile(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
    await file.chmod(0o664);
    await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
}

async function place(temporary: string, parent: string, upload: Upload): Promise<'stored' | 'exists' | 'folder'> {
  const target = `${parent}/${upload.names.at(-1)}`;
  try {
    // A hard link fails where a name exists, whatever happened since anyone looked; a rename replaces.
    if (upload.overwrite) await rename(temporary, target);
    else await link(temporary, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return 'exists';
    if (code === 'EISDIR' || code === 'ENOTEMPTY') return 'folder';
    throw error;
  }
  const folder = await open(`${parent}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
  await folder.sync().finally(() => folder.close());
  return 'stored';
}
