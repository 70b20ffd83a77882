import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SlowLaneError, type VolumeStore } from '@slowlane/contracts';

/** A volume as a folder, so that several processes see the same files. */
export function createFolderVolume(base: string): VolumeStore {
  const at = (path: string): string => join(base, path);
  const missing = (path: string): never => {
    throw new SlowLaneError('workspace.not-found', `${path} is not there`);
  };
  const write = async (path: string, bytes: Uint8Array): Promise<void> => {
    await mkdir(dirname(at(path)), { recursive: true });
    const temporary = `${at(path)}.${process.pid}`;
    await writeFile(temporary, bytes);
    await rename(temporary, at(path));
  };
  return {
    write,
    async read(path) {
      const { size } = await stat(at(path)).catch(() => missing(path));
      return { stream: createReadStream(at(path)), size };
    },
    async upload(path, open) {
      await write(path, Buffer.concat(await (await open()).toArray()));
    },
    async list(folder) {
      const entries = await readdir(at(folder), { withFileTypes: true }).catch(() => missing(folder));
      return Promise.all(
        entries.map(async (entry) => {
          const path = `${folder}/${entry.name}`;
          return { name: entry.name, path, isFolder: entry.isDirectory(), size: (await stat(at(path))).size };
        }),
      );
    },
    exists: (path) =>
      stat(at(path)).then(
        () => true,
        () => false,
      ),
  };
}
