import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { archiveLimits, readTarGz } from '@slowlane/archive';
import { SlowLaneError } from '@slowlane/contracts';
import { exportOf } from './export-tree.ts';
import { leftOut, projectFolder } from './git-tree.ts';
import { ownFolderIn } from './own-folder.ts';
import {
  checkedEntries,
  type ExportedTree,
  inPieces,
  type SourceEntry,
  type SourceLimits,
  sourceLimits,
  tooLarge,
} from './source-tree.ts';

export interface ArchiveOptions {
  /** Project folder inside the archive; default `.`. */
  path?: string;
  limits?: SourceLimits;
}

/** An archive can only be read from its start: this much of it is picked out per pass. */
const PIECE_BYTES = 64 * 1024 ** 2;

/**
 * An uploaded tar or tar.gz as a tree, with the digest that the same files have in git; a common top folder is kept. `open` gives the
 * archive's bytes from the start each time it is called (a blob). A `.git` in it is left out, with a note. `archive.refused`, `source.too-large`, `source.not-found`.
 */
export async function exportArchive(
  open: () => Promise<Readable>,
  options: ArchiveOptions = {},
): Promise<ExportedTree> {
  const limits = options.limits ?? sourceLimits;
  const folder = projectFolder(options.path ?? '.');
  const prefix = folder === '' ? '' : `${folder}/`;
  const entries: SourceEntry[] = [];
  const own = new Set<string>();
  await scan(open, limits, async (path, facts) => {
    if (!path.startsWith(prefix)) return;
    const inside = path.slice(prefix.length);
    const folder = ownFolderIn(inside);
    if (folder === undefined) entries.push({ path: inside, ...facts });
    else own.add(folder);
  });
  if (entries.length === 0) {
    throw new SlowLaneError(
      'source.not-found',
      `the archive has no files below ${JSON.stringify(options.path ?? '.')}`,
    );
  }
  return exportOf({
    entries: checkedEntries(entries, limits),
    notes: [...own].map((folder) => leftOut(folder, 'the folder of a repository')),
    read: (wanted) => readContents(open, wanted, { limits, prefix }),
  });
}

async function* readContents(
  open: () => Promise<Readable>,
  wanted: readonly SourceEntry[],
  { limits, prefix }: { limits: SourceLimits; prefix: string },
): AsyncGenerator<{ entry: SourceEntry; content: Buffer }> {
  for (const piece of inPieces(wanted, PIECE_BYTES, limits.maxEntries)) {
    const names = new Set(piece.map((entry) => prefix + entry.path));
    const contents = new Map<string, Buffer>();
    await scan(open, limits, async (path, _facts, content) => {
      if (names.has(path)) contents.set(path, await buffer(content));
    });
    for (const entry of piece) yield { entry, content: contents.get(prefix + entry.path) as Buffer };
  }
}

async function scan(
  open: () => Promise<Readable>,
  limits: SourceLimits,
  onFile: (path: string, facts: Pick<SourceEntry, 'size' | 'mode'>, content: Readable) => Promise<void>,
): Promise<void> {
  const caps = { ...archiveLimits, maxBytes: limits.maxBytes, maxEntries: limits.maxEntries };
  await readTarGz(await open(), caps, async (entry, content) => {
    if (entry.kind === 'folder') return;
    if (entry.size > limits.maxFileBytes)
      throw tooLarge(`${entry.path}: ${entry.size} bytes, at most ${limits.maxFileBytes}`);
    await onFile(entry.path, { size: entry.size, mode: entry.mode === 0o755 ? '100755' : '100644' }, content);
  });
}
