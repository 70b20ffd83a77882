import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scriptFolder } from '../redis/scripts.ts';

const earlier = join(import.meta.dirname, 'earlier-scripts');

/**
 * The scripts as a node of an earlier release has them: same version of the state, other texts. The files in the folder are as they were; all
 * others have not changed since. With the next change of a script its former text belongs there, unless the version of the state rises.
 */
export function earlierScripts(folder: string): string {
  cpSync(scriptFolder, folder, { recursive: true });
  cpSync(earlier, folder, { recursive: true });
  return folder;
}

/** Files that differ from today's. */
export function changedSince(): string[] {
  return readdirSync(earlier).filter(
    (name) => readFileSync(join(earlier, name), 'utf8') !== readFileSync(join(scriptFolder, name), 'utf8'),
  );
}
