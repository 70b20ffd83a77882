import { type BlobStore, SlowLaneError } from '@slowlane/contracts';
import type { FetchSandbox } from './fetch-sandbox.ts';
import { leftOut, projectFolder, readGitTree } from './git-tree.ts';
import type { FetchAllowance } from './git-url.ts';
import { joinTrees, type TreePiece } from './join-trees.ts';
import { withLfsFiles } from './lfs-files.ts';
import type { Mirror } from './mirror.ts';
import type { SourceLimits, SourceTree } from './source-tree.ts';
import { readSubmodules } from './submodules.ts';

/** What a commit only points at, and where that may come from. */
export interface TreeExtras {
  submodules: boolean;
  lfs: boolean;
  /** Address of the repository; a pushed one has none. */
  url: string | undefined;
  allow: FetchAllowance;
  /** Takes LFS files. */
  blobs: BlobStore;
  signal: AbortSignal;
}

export interface CompleteTreeOrder extends TreeExtras {
  commit: string;
  path: string;
  limits: SourceLimits;
  fetchIn: FetchSandbox | undefined;
}

const MAX_DEPTH = 3;
const MAX_SUBMODULES = 20;

/**
 * The tree of a commit with its submodules, each at the commit that the tree names, and with its LFS files. `source.refused` for more than 20
 * submodules or three levels of them, and whatever fetching them ends with.
 */
export async function completeTree(mirror: Mirror, order: CompleteTreeOrder): Promise<SourceTree> {
  const count = { left: MAX_SUBMODULES };
  return joinTrees(await piecesOf(mirror, order, { prefix: '', depth: 0, count }), order.limits);
}

interface Place {
  /** Of the paths in the joined tree. */
  prefix: string;
  depth: number;
  count: { left: number };
}

async function piecesOf(mirror: Mirror, order: CompleteTreeOrder, at: Place): Promise<TreePiece[]> {
  const tree = await readGitTree(mirror, order);
  const own = order.lfs ? await withLfsFiles(tree, order) : tree;
  if (!order.submodules || tree.submodules.length === 0) return [{ prefix: at.prefix, tree: own }];
  const taken = new Set(tree.submodules.map(({ path }) => leftOut(path, 'a submodule')));
  const pieces: TreePiece[] = [
    { prefix: at.prefix, tree: { ...own, notes: own.notes.filter((note) => !taken.has(note)) } },
  ];
  const folder = projectFolder(order.path);
  const declared = await readSubmodules(mirror, order.commit, order.url);
  for (const { path, commit } of tree.submodules) {
    const fullPath = folder === '' ? path : `${folder}/${path}`;
    const url = declared.get(fullPath);
    if (url === undefined) throw refused(fullPath, 'it is not in .gitmodules');
    if (at.depth >= MAX_DEPTH) throw refused(fullPath, `submodules in more than ${MAX_DEPTH} levels`);
    if (at.count.left-- <= 0) throw refused(fullPath, `more than ${MAX_SUBMODULES} submodules`);
    await mirror.fetchRemote(url, commit, order.allow, order.signal);
    const next = { ...order, url, commit, path: '.' };
    pieces.push(...(await piecesOf(mirror, next, { ...at, prefix: `${at.prefix}${path}/`, depth: at.depth + 1 })));
  }
  return pieces;
}

function refused(path: string, reason: string): SlowLaneError {
  return new SlowLaneError('source.refused', `submodule ${JSON.stringify(path)}: ${reason}`);
}
