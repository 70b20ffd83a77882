import { lstatSync, readdirSync } from 'node:fs';
import { run } from '@slowlane/process';
import { allowedFolder } from './check-spec.ts';
import type { Context } from './context.ts';
import { isRootless } from './rootless.ts';

/**
 * Removes what slots own below a folder, as each of them and never as root: a path that somebody exchanges meanwhile leads to nothing that the slot itself
 * could not have removed. Without root's rights all files are one user's, who removes them himself.
 */
export async function removeFiles(
  { allowedSources, slots, caller }: Pick<Context, 'allowedSources' | 'slots' | 'caller'>,
  given: string,
): Promise<void> {
  if (isRootless()) return;
  const folder = allowedFolder(given, allowedSources);
  const { firstUid, count } = slots.range;
  const uids = new Set(ownersIn(folder, 2).filter((uid) => uid >= firstUid && uid < firstUid + count));
  for (const uid of uids) {
    const drop = ['--reuid', String(uid), '--regid', String(caller.gid), '--clear-groups', '--no-new-privs', '--'];
    // It fails where the files of another one lie inside, whose turn may come later.
    await run(['/usr/bin/setpriv', ...drop, ...findArgs(folder, uid)], { cwd: '/' });
  }
}

function findArgs(folder: string, uid: number): string[] {
  return ['/usr/bin/find', folder, '-xdev', '-mindepth', '1', '-depth', '-user', String(uid), '-delete'];
}

/** What a program makes lies in the folders that were there before it, or in its own. */
function ownersIn(folder: string, depth: number): number[] {
  if (depth === 0) return [];
  return entriesOf(folder).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    const uid = lstatSync(path, { throwIfNoEntry: false })?.uid;
    return [...(uid === undefined ? [] : [uid]), ...(entry.isDirectory() ? ownersIn(path, depth - 1) : [])];
  });
}

function entriesOf(folder: string): { name: string; isDirectory(): boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
