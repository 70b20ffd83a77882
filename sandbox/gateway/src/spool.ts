import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A copy of what passes, for checks that need the whole of a file. */
export interface Spool {
  readonly file: string;
  /** One after the other. */
  write(chunk: Buffer): Promise<void>;
  /** Takes the copy away; may be called twice, and without anything written. */
  remove(): Promise<void>;
}

export function createSpool(folder: string): Spool {
  const file = join(folder, randomUUID());
  let handle: Promise<FileHandle> | undefined;
  let removed: Promise<void> | undefined;
  return {
    file,
    async write(chunk) {
      if (removed !== undefined) return;
      handle ??= open(file, 'wx', 0o600);
      await (await handle).writeFile(chunk);
    },
    remove: () =>
      (removed ??= (async () => {
        await (await handle?.catch(() => undefined))?.close();
        await rm(file, { force: true });
      })()),
  };
}
