import { compareStreamIds } from '@slowlane/kit';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { partOfName } from './archive-parts.ts';

const TRIES = 5;

/** Copies the archive up to an event into an empty folder, while the archiver merges and compacts the files under it. */
export async function copyArchive(dir: string, to: string, upTo: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await mkdir(to, { recursive: true });
    try {
      for (const name of await readdir(dir)) await copyOne({ dir, to, name, upTo });
      return;
    } catch (error) {
      const hasMoved = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!hasMoved || attempt >= TRIES) throw error;
      await rm(to, { recursive: true });
    }
  }
}

async function copyOne({
  dir,
  to,
  name,
  upTo,
}: {
  dir: string;
  to: string;
  name: string;
  upTo: string;
}): Promise<void> {
  if (name.endsWith('.parquet')) return copyFile(join(dir, name), join(to, name));
  const part = partOfName(name);
  if (part === undefined || compareStreamIds(part.first, upTo) > 0) return;
  if (compareStreamIds(part.last, upTo) <= 0) return copyFile(join(dir, name), join(to, name));
  // A merged part that reaches beyond: its file name must not promise more than the cursor, or the next start would delete it.
  const lines = (await readFile(join(dir, name), 'utf8')).split('\n').filter(Boolean);
  const within = lines.filter((line) => compareStreamIds((JSON.parse(line) as { id: string }).id, upTo) <= 0);
  await writeFile(join(to, `${part.first}_${upTo}.jsonl`), within.map((line) => `${line}\n`).join(''));
}
