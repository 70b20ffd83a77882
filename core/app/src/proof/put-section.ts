import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@slowlane/process';
import { repository } from '../processes/installation.ts';

export const proofPage = join(repository, 'docs/proof.md');

/** Puts a section of `docs/proof.md` in the place of its last one, or at the end; the others are left as they are. */
export async function putSection({
  name,
  command,
  text,
}: {
  name: string;
  command: string;
  text: string;
}): Promise<void> {
  const begin = `<!-- ${name}: made by \`${command}\` -->`;
  const end = `<!-- /${name} -->`;
  const old = await readFile(proofPage, 'utf8');
  const first = old.indexOf(`<!-- ${name}: made by `);
  const before = first < 0 ? `${old.trimEnd()}\n\n` : old.slice(0, first);
  const after = first < 0 ? '\n' : (old.slice(first).split(end)[1] ?? '\n');
  await writeFile(proofPage, `${before}${begin}\n\n${text}\n\n${end}${after}`);
}

/** Short id of the commit that is checked out. */
export async function commit(): Promise<string> {
  return (await run(['/usr/bin/git', '-C', repository, 'rev-parse', '--short', 'HEAD'])).stdout.trim();
}

/** Date, commit and machine of a proof. */
export async function dateline(): Promise<string> {
  const kernel = (await run(['/usr/bin/uname', '-rm'])).stdout.trim();
  return `${new Date().toISOString().slice(0, 10)}, commit ${await commit()} and what stood in its tree, Linux ${kernel}`;
}
