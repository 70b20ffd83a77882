import { checkedEntries, type SourceEntry, type SourceLimits, type SourceTree } from './source-tree.ts';

/** A tree that lies below a folder of another: `prefix` ends with a slash, or is empty. */
export interface TreePiece {
  prefix: string;
  tree: SourceTree;
}

/** Several trees as one, held against the limits as a whole. */
export function joinTrees(pieces: readonly TreePiece[], limits: SourceLimits): SourceTree {
  const homes = new Map<string, { piece: TreePiece; entry: SourceEntry }>();
  const all = pieces.flatMap((piece) =>
    piece.tree.entries.map((entry) => {
      const path = piece.prefix + entry.path;
      homes.set(path, { piece, entry });
      return { ...entry, path };
    }),
  );
  return {
    entries: checkedEntries(all, limits),
    notes: pieces.flatMap(({ prefix, tree }) =>
      tree.notes.map((note) => (prefix === '' ? note : `${prefix}: ${note}`)),
    ),
    read: (wanted) => readFrom(homes, wanted),
  };
}

/** Neighbours of one tree are read at once. */
async function* readFrom(
  homes: ReadonlyMap<string, { piece: TreePiece; entry: SourceEntry }>,
  wanted: readonly SourceEntry[],
): AsyncGenerator<{ entry: SourceEntry; content: Buffer }> {
  for (let at = 0; at < wanted.length;) {
    const first = homeOf(homes, wanted[at]).piece;
    let end = at + 1;
    while (end < wanted.length && homeOf(homes, wanted[end]).piece === first) end++;
    const own = wanted.slice(at, end).map((entry) => homeOf(homes, entry).entry);
    for await (const { entry, content } of first.tree.read(own)) {
      yield { entry: { ...entry, path: first.prefix + entry.path }, content };
    }
    at = end;
  }
}

function homeOf(
  homes: ReadonlyMap<string, { piece: TreePiece; entry: SourceEntry }>,
  entry: SourceEntry | undefined,
): { piece: TreePiece; entry: SourceEntry } {
  const home = homes.get(entry?.path ?? '');
  if (home === undefined) throw new Error(`${entry?.path} is not in the tree`);
  return home;
}
