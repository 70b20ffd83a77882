import type { PluginManifest, TreeSnapshot } from '@slowlane/contracts';
import { matchesGlob } from '@slowlane/kit';
import { type SourceEntry, type SourceTree, tooLarge } from './source-tree.ts';

/** A snapshot is sent to the plugin host as one JSON document. */
const MAX_TEXT_BYTES = 16 * 1024 ** 2;

/**
 * What plugins see: all entries, and the text of the files that `reads` match within its cap (the largest of the globs that match).
 * A matched file that is larger, or no UTF-8, is listed without contents. More than 16 MiB of text in all: `source.too-large`.
 */
export async function snapshotTree(tree: SourceTree, reads: PluginManifest['reads']): Promise<TreeSnapshot> {
  const wanted = tree.entries.filter((entry) => entry.size <= capOf(entry, reads));
  const bytes = wanted.reduce((sum, entry) => sum + entry.size, 0);
  if (bytes > MAX_TEXT_BYTES)
    throw tooLarge(`the files that decide the build have ${bytes} bytes, at most ${MAX_TEXT_BYTES}`);
  const contents: Record<string, string> = {};
  for await (const { entry, content } of tree.read(wanted)) {
    const text = textOf(content);
    if (text !== undefined) contents[entry.path] = text;
  }
  return { entries: tree.entries.map(({ path, size }) => ({ path, size })), contents };
}

/** Bytes that the globs allow for this file; -1 when none matches, so that not even an empty file is read. */
function capOf(entry: SourceEntry, reads: PluginManifest['reads']): number {
  return reads.reduce(
    (cap, { glob, maxBytes }) => (maxBytes > cap && matchesGlob(entry.path, glob) ? maxBytes : cap),
    -1,
  );
}

function textOf(content: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}
