import { chmod, writeFile } from 'node:fs/promises';

/** A file that runs, under uids of their own and our group, may read and replace. */
export async function writeShared(path: string, content: string | Buffer): Promise<void> {
  await writeFile(path, content);
  await chmod(path, 0o664);
}
