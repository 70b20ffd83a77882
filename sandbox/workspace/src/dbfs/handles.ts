import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from '../http/api-error.ts';
import { newNumericId } from '../store/new-id.ts';
import { placeUpload, type Upload, uploadsName } from '../files/uploads.ts';

/** Files that are being written block by block. A handle dies after ten idle minutes, or with the process. */
export interface Handles {
  create(target: Upload): Promise<number>;
  add(handle: number, block: Buffer): Promise<void>;
  /** Puts the whole file in its place; `folder` or `exists` when something is in the way. */
  close(handle: number): Promise<'stored' | 'exists' | 'folder'>;
}

interface Writing {
  target: Upload;
  temporary: string;
  file: FileHandle;
  usedAt: number;
}

const idleMs = 600_000;
const maxHandles = 200;

export function createHandles(now: () => number): Handles {
  const writings = new Map<number, Writing>();
  const take = (handle: number): Writing => {
    const found = writings.get(handle);
    if (found === undefined || now() - found.usedAt > idleMs)
      throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `No open stream has the handle ${handle}.`);
    found.usedAt = now();
    return found;
  };
  const drop = async (handle: number): Promise<void> => {
    const found = writings.get(handle);
    writings.delete(handle);
    await found?.file.close();
    if (found !== undefined) await rm(found.temporary, { force: true });
  };
  return {
    async create(target) {
      for (const [handle, { usedAt }] of writings) if (now() - usedAt > idleMs) await drop(handle);
      if (writings.size >= maxHandles) throw new ApiError(429, 'RESOURCE_EXHAUSTED', 'Too many open streams.');
      const temporary = join(target.root, uploadsName, randomUUID());
      const handle = newNumericId((id) => writings.has(id));
      writings.set(handle, { target, temporary, file: await open(temporary, 'wx', 0o600), usedAt: now() });
      return handle;
    },
    async add(handle, block) {
      await take(handle).file.writeFile(block);
    },
    async close(handle) {
      const { file, temporary, target } = take(handle);
      try {
        await file.chmod(0o664);
        await file.sync();
        return await placeUpload(temporary, target);
      } finally {
        await drop(handle);
      }
    },
  };
}
