import { readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SupervisedEnd } from '@slowlane/contracts';
import { openFile } from '../files/safe-folder.ts';
import type { RunFolders } from './run-folders.ts';
import { EndRecord, RunnerFailure } from './schema.ts';

/** The supervisor's last word, or `undefined` while there is none; `unreadable` when it is there but makes no sense. */
export async function readEnd(recordDir: string): Promise<SupervisedEnd | 'unreadable' | undefined> {
  const text = await readFile(join(recordDir, 'ended.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return EndRecord.parse(JSON.parse(text));
  } catch {
    return 'unreadable';
  }
}

/** Whether a supervisor has begun (or ended) with this record. */
export async function hasBegun(recordDir: string): Promise<boolean> {
  const found = await Promise.all(['started.json', 'ended.json'].map((name) => exists(join(recordDir, name))));
  return found.includes(true);
}

/** The start that ran the program, from the link that it made; `undefined` before any did. */
export async function readClaim(folders: RunFolders): Promise<number | undefined> {
  const target = await readlink(join(folders.scratch, 'claim')).catch(() => '');
  return /^[1-9][0-9]{0,5}$/.test(target) ? Number(target) : undefined;
}

/** Why the wheels could not be installed, if that is what happened. The file is the program's: no link is followed, no more than 64 KiB read. */
export async function readRunnerFailure(folders: RunFolders): Promise<string | undefined> {
  const opened = await openFile(folders.scratch, ['failure.json']).catch(() => undefined);
  if (opened === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await opened.handle.read(Buffer.alloc(65_536), 0, 65_536, 0);
    return RunnerFailure.parse(JSON.parse(buffer.toString('utf8', 0, bytesRead))).message;
  } catch {
    return undefined;
  } finally {
    await opened.handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
