import { SlowLaneError, type VolumeStore } from '@slowlane/contracts';
import type { DatabricksClient, FileCalls } from './databricks-client.ts';

/** The volumes of a workspace by its Files API. Folders are made when a write needs one: asking first would cost each write a call. */
export function volumeStoreOf({ files }: Pick<DatabricksClient, 'files'>): VolumeStore {
  return {
    read: (path) => files.download(path),
    write: (path, bytes) => inFolder(files, path, () => files.put(path, bytes)),
    async upload(path, open, size, { immutable }) {
      if (immutable && (await files.head(path))?.size === size) return;
      await inFolder(files, path, () => files.upload(path, open, { size, overwrite: true }));
    },
    list: (folder) => files.list(folder),
    async remove(path) {
      try {
        await files.delete(path);
        return true;
      } catch (error) {
        if (error instanceof SlowLaneError && error.code === 'workspace.not-found') return false;
        throw error;
      }
    },
    async exists(path) {
      return (await files.head(path)) !== undefined;
    },
  };
}

/** Writes, and when the folder is not there makes it and writes again. */
export async function inFolder(
  files: Pick<FileCalls, 'mkdir'>,
  path: string,
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof SlowLaneError && error.code === 'workspace.not-found')) throw error;
    await files.mkdir(path.slice(0, path.lastIndexOf('/')));
    await write();
  }
}
