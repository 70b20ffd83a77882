import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { packTar, type TarInput } from '@slowlane/archive';
import type { ExportedTree, SourceEntry, SourceTree } from './source-tree.ts';

/**
 * One time for every file of every tree: the tar must not depend on when it was made. Not the epoch itself, because zip files (wheels,
 * JARs) cannot hold a time before 1980.
 */
const MTIME = Date.UTC(2020, 0, 1) / 1000;

/** Trees up to this size are read once and kept; larger ones are read again for the tar. */
const KEPT_BYTES = 32 * 1024 ** 2;

/** Hashes every file of a tree and makes it ready to be packed. */
export async function exportOf(tree: SourceTree): Promise<ExportedTree> {
  const bytes = tree.entries.reduce((sum, entry) => sum + entry.size, 0);
  const kept = bytes <= KEPT_BYTES ? new Map<string, Buffer>() : undefined;
  const digest = createHash('sha256');
  for await (const { entry, content } of tree.read(tree.entries)) {
    digest.update(`${entry.mode} ${entry.path} ${createHash('sha256').update(content).digest('hex')}\n`);
    kept?.set(entry.path, content);
  }
  const read = kept === undefined ? tree.read : (entries: readonly SourceEntry[]) => readKept(kept, entries);
  return {
    entries: tree.entries,
    notes: tree.notes,
    read,
    treeDigest: `sha256:${digest.digest('hex')}`,
    bytes,
    tar: () => tarOf(tree.entries, read),
  };
}

async function* readKept(kept: Map<string, Buffer>, entries: readonly SourceEntry[]) {
  for (const entry of entries) yield { entry, content: kept.get(entry.path) as Buffer };
}

/** Entries are sorted as `packTar` sorts, so the contents can be read in one go beside it. */
function tarOf(entries: readonly SourceEntry[], read: SourceTree['read']): Readable {
  const contents = read(entries)[Symbol.asyncIterator]();
  const inputs = entries.map((entry): TarInput => ({
    path: entry.path,
    kind: 'file',
    executable: entry.mode === '100755',
    size: entry.size,
    async content() {
      const next = await contents.next();
      if (next.done === true || next.value.entry.path !== entry.path)
        throw new Error(`${entry.path}: read out of order`);
      return next.value.content;
    },
  }));
  return packTar(inputs, { mtime: MTIME });
}
