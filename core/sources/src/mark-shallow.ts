import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitPlace } from './git.ts';

/**
 * Writes a commit into git's list of those whose parents are missing on purpose. Gives a function that takes it out again. Not safe beside
 * another change of the list: a mirror fetches one commit at a time.
 *
 * @see https://git-scm.com/docs/shallow
 */
export async function markShallow(place: GitPlace, commit: string): Promise<() => Promise<void>> {
  const before = await readList(place);
  if (before.includes(commit)) return async () => undefined;
  await writeList(place, [...before, commit]);
  return () => writeList(place, before);
}

async function readList({ dir }: GitPlace): Promise<string[]> {
  const text = await readFile(join(dir, 'shallow'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

async function writeList({ dir }: GitPlace, commits: readonly string[]): Promise<void> {
  const temporary = join(dir, `shallow.${randomUUID()}`);
  await writeFile(temporary, commits.map((commit) => `${commit}\n`).join(''), { mode: 0o600, flush: true });
  await rename(temporary, join(dir, 'shallow'));
}
