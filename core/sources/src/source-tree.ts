import type { Readable } from 'node:stream';
import { SlowLaneError, type Digest } from '@slowlane/contracts';
import { createPathGuard } from '@slowlane/archive';

/** In bytes, except `maxEntries`. */
export interface SourceLimits {
  maxEntries: number;
  maxBytes: number;
  maxFileBytes: number;
}

export const sourceLimits: SourceLimits = {
  maxEntries: 20_000,
  maxBytes: 512 * 1024 ** 2,
  maxFileBytes: 128 * 1024 ** 2,
};

/** One regular file. `path` is relative to the project folder; `mode` is git's. */
export interface SourceEntry {
  path: string;
  size: number;
  mode: '100644' | '100755';
}

/** A checked tree, sorted by path (code units): regular files only. */
export interface SourceTree {
  entries: readonly SourceEntry[];
  /** What was left out, for the build log: links, submodules. */
  notes: readonly string[];
  /** Contents of some of the entries, in the order they are given. May be called again. */
  read(entries: readonly SourceEntry[]): AsyncIterable<{ entry: SourceEntry; content: Buffer }>;
}

export interface ExportedTree extends SourceTree {
  /** sha256 over the sorted lines `mode path sha256`. */
  treeDigest: Digest;
  /** Sum of the sizes. */
  bytes: number;
  /** The same tree gives the same bytes, wherever it came from. May be called again. */
  tar(): Readable;
}

/** Sorts the entries of a tree and holds them against limits and path rules: `source.too-large`, `source.refused`. */
export function checkedEntries<E extends SourceEntry>(entries: readonly E[], limits: SourceLimits): E[] {
  if (entries.length > limits.maxEntries) throw tooLarge(`${entries.length} files, at most ${limits.maxEntries}`);
  const guard = createPathGuard({
    maxBytes: limits.maxBytes,
    maxEntries: limits.maxEntries,
    maxRatio: 1,
    maxPathBytes: 1024,
  });
  let bytes = 0;
  for (const entry of entries) {
    try {
      guard.accept(entry.path, 'file');
    } catch (error) {
      throw new SlowLaneError('source.refused', (error as Error).message, { cause: error });
    }
    if (entry.size > limits.maxFileBytes)
      throw tooLarge(`${entry.path}: ${entry.size} bytes, at most ${limits.maxFileBytes}`);
    bytes += entry.size;
    if (bytes > limits.maxBytes) throw tooLarge(`more than ${limits.maxBytes} bytes`);
  }
  return [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

export function tooLarge(what: string): SlowLaneError {
  return new SlowLaneError('source.too-large', what);
}

/** Cuts a list into pieces that are read at once: bounded memory, few processes. A file larger than a piece is a piece of its own. */
export function inPieces<E extends SourceEntry>(entries: readonly E[], pieceBytes: number, pieceCount: number): E[][] {
  const pieces: E[][] = [];
  let piece: E[] = [];
  let bytes = 0;
  for (const entry of entries) {
    if (piece.length > 0 && (bytes + entry.size > pieceBytes || piece.length >= pieceCount)) {
      pieces.push(piece);
      piece = [];
      bytes = 0;
    }
    piece.push(entry);
    bytes += entry.size;
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces;
}
