import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that runs, under uids of their own and our group, may read and replace. */
export async function writeShared(path: string, content: string | Buffer): Promise<void> {
  await writeFile(path, content);
  await chmod(path, 0o664);
}

/**
 * Files with secrets in a run's scratch folder, by name: for us and the sandboxes of our group, and nobody else on the machine. The run has a
 * uid that only the sandbox knows, so they cannot belong to it.
 */
export async function writePrivateFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o640 });
    await chmod(path, 0o640);
  }
}
