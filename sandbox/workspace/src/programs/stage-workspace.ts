import { lstat, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeShared } from '../runs/run-folders.ts';
import { uploadsName } from '../files/uploads.ts';
import { isNotebook, readNotebook } from './find-notebook.ts';
import type { StageInput } from './program.ts';
import { writeShared } from './write-shared.ts';

const maxFiles = 2_000;
const maxBytes = 64 * 1_024 * 1_024;

/**
 * Copies the workspace's objects to where the run sees them as `/Workspace`, and its notebooks, cut into cells, to where the kernels look for
 * them. A workspace that is too large for that is copied from the folder of the run's own program only.
 */
export async function stageWorkspace(input: StageInput, ownFolder: readonly string[]): Promise<void> {
  const all = await listFiles(input.objectsDir, []);
  const chosen = all.complete ? all.files : (await listFiles(input.objectsDir, [...ownFolder])).files;
  for (const names of chosen) {
    const content = await readFile(join(input.objectsDir, ...names));
    await put(input, 'workspace', names, content);
    if (!isNotebook(names, content)) continue;
    const notebook = readNotebook(names, content, input.languageOf);
    if (typeof notebook === 'string') continue;
    const shown = [...names.slice(0, -1), (names.at(-1) as string).replace(/\.(py|ipynb|sql|scala|r)$/i, '')];
    await put(
      input,
      'notebooks',
      [...shown.slice(0, -1), `${shown.at(-1)}.json`],
      Buffer.from(JSON.stringify(notebook)),
    );
  }
}

async function put(input: StageInput, kind: string, names: readonly string[], content: Buffer): Promise<void> {
  const base = join(input.folders.scratch, kind);
  for (let depth = 0; depth < names.length; depth++) await makeShared(join(base, ...names.slice(0, depth)));
  await mkdir(dirname(join(base, ...names)), { recursive: true });
  await writeShared(join(base, ...names), content);
}

/** Only this process writes below the objects folder; links are left out all the same. */
async function listFiles(root: string, start: string[]): Promise<{ files: string[][]; complete: boolean }> {
  const files: string[][] = [];
  const folders = [start];
  let bytes = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(join(root, ...folder), { withFileTypes: true }).catch(() => [])) {
      const names = [...folder, entry.name];
      if (entry.name === uploadsName) continue;
      if (entry.isDirectory()) folders.push(names);
      if (!entry.isFile()) continue;
      bytes += (await lstat(join(root, ...names))).size;
      if (files.length >= maxFiles || bytes > maxBytes) return { files, complete: false };
      files.push(names);
    }
  }
  return { files, complete: true };
}
