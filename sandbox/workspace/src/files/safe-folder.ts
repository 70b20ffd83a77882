import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open } from 'node:fs/promises';

/*
 * Runs write to the same folders and may put links there, also while a call is under way. So no path of more than one name is ever
 * handed to the kernel: each step opens one name below an open folder (`/proc/self/fd/N/name`, which is `openat`) and refuses links.
 */

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
// O_NONBLOCK: opening a named pipe must not wait for a writer.
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A step of the path is there but is no folder (a file, a link, a pipe). */
export class NotAFolderError extends Error {
  override readonly name = 'NotAFolderError';
}

export interface Opened {
  handle: FileHandle;
  stats: Stats;
}

/** Runs `work` with a path that stands for the folder `names` below `root`, however others rename it meanwhile. ENOENT when it is missing. */
export async function inFolder<T>(
  root: string,
  names: readonly string[],
  work: (path: string) => Promise<T>,
): Promise<T> {
  const handle = await openFolder(root, names);
  try {
    return await work(pathOf(handle));
  } finally {
    await handle.close();
  }
}

/** Opens the regular file `names` below `root` for reading; `undefined` when there is none. The caller closes the handle. */
export async function openFile(root: string, names: readonly string[]): Promise<Opened | undefined> {
  const last = names.at(-1);
  if (last === undefined) return undefined;
  try {
    return await inFolder(root, names.slice(0, -1), (parent) => openRegular(`${parent}/${last}`));
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** What is at `names` below `root`, links not followed: `undefined` when nothing is, or when a step is no folder. */
export async function statBelow(root: string, names: readonly string[]): Promise<Stats | undefined> {
  try {
    const last = names.at(-1);
    if (last === undefined) return await lstat(root);
    return await inFolder(root, names.slice(0, -1), (parent) => lstat(`${parent}/${last}`));
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/**
 * Makes the folder `names` below `root` with all its parents: 0775 whatever the umask, so that runs (their own uid, our group) can
 * write there. NotAFolderError when a file or a link is in the way.
 */
export async function makeFolders(root: string, names: readonly string[]): Promise<void> {
  let folder = await open(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const name of names) {
      const next = await openOrMake(folder, name);
      await folder.close();
      folder = next;
    }
  } finally {
    await folder.close();
  }
}

export function isAbsence(error: unknown): boolean {
  return (
    error instanceof NotAFolderError ||
    ['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')
  );
}

async function openFolder(root: string, names: readonly string[]): Promise<FileHandle> {
  let folder = await open(root, constants.O_RDONLY | constants.O_DIRECTORY);
  for (const name of names) {
    try {
      const next = await openStep(folder, name);
      await folder.close();
      folder = next;
    } catch (error) {
      await folder.close();
      throw error;
    }
  }
  return folder;
}

async function openStep(folder: FileHandle, name: string): Promise<FileHandle> {
  try {
    return await open(`${pathOf(folder)}/${name}`, folderFlags);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTDIR' || code === 'ELOOP') throw new NotAFolderError(name, { cause: error });
    throw error;
  }
}

async function openOrMake(folder: FileHandle, name: string): Promise<FileHandle> {
  try {
    return await openStep(folder, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = await mkdir(`${pathOf(folder)}/${name}`).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  const next = await openStep(folder, name);
  if (made) {
    await next.chmod(0o775);
    await folder.sync();
  }
  return next;
}

async function openRegular(path: string): Promise<Opened | undefined> {
  const handle = await open(path, readFlags);
  const stats = await handle.stat();
  if (stats.isFile()) return { handle, stats };
  await handle.close();
  return undefined;
}

function pathOf(handle: FileHandle): string {
  return `/proc/self/fd/${handle.fd}`;
}
