import { SlowLaneError } from '@slowlane/contracts';
import { mapGitFailure } from './git-failure.ts';
import { isCommitId } from './git-ref.ts';
import { catFile, type GitPlace, runGit } from './git.ts';
import {
  checkedEntries,
  inPieces,
  type SourceEntry,
  type SourceLimits,
  type SourceTree,
  tooLarge,
} from './source-tree.ts';

/** A tree of one repository. */
export interface GitTree extends SourceTree {
  /** Submodules in it: their paths, relative to the project folder, and their commits. */
  submodules: readonly { path: string; commit: string }[];
}

interface GitEntry extends SourceEntry {
  object: string;
}

/** A line of `ls-tree` is a path of at most 1,024 bytes and its facts; a tree with longer lines is refused anyway. */
const LINE_BYTES = 1_200;
const PIECE_BYTES = 16 * 1024 ** 2;
const PIECE_COUNT = 2_000;

/**
 * Reads a tree from the object store by `ls-tree` and `cat-file`: nothing is checked out, so neither filters, export-subst nor links
 * ever act, and the contents are exactly those the commit names.
 */
export async function readGitTree(
  place: GitPlace,
  asked: { commit: string; path: string; limits: SourceLimits },
): Promise<GitTree> {
  const { entries, notes, submodules } = parseListing(await listTree(place, asked));
  const sorted = checkedEntries(entries, asked.limits);
  const objects = new Map(sorted.map((entry) => [entry.path, entry.object]));
  return {
    entries: sorted.map(({ path, size, mode }) => ({ path, size, mode })),
    notes,
    submodules,
    read: (wanted) =>
      readContents(
        place,
        wanted.map((entry) => ({ ...entry, object: objects.get(entry.path) as string })),
      ),
  };
}

async function listTree(
  place: GitPlace,
  asked: { commit: string; path: string; limits: SourceLimits },
): Promise<string> {
  const { commit, path, limits } = asked;
  if (!isCommitId(commit))
    throw new SlowLaneError('source.not-found', `${JSON.stringify(commit)} is no full commit id`);
  const maxOutputBytes = limits.maxEntries * LINE_BYTES;
  const tree = `${commit}:${projectFolder(path)}`;
  try {
    return await runGit(place, ['ls-tree', '-r', '-l', '-z', tree], { maxOutputBytes });
  } catch (error) {
    if (error instanceof SlowLaneError) throw tooLarge(`more than ${limits.maxEntries} files`);
    throw mapGitFailure(error, `folder ${JSON.stringify(path)} of commit ${commit}`);
  }
}

/** `.` and `a/b` -> what comes behind `commit:`. Throws `source.refused`. */
export function projectFolder(path: string): string {
  const plain = path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  if (plain === '' || plain === '.') return '';
  if (
    /[\u0000-\u001f\u007f\\]/.test(plain) ||
    plain.split('/').some((part) => part === '' || part === '.' || part === '..')
  ) {
    throw new SlowLaneError(
      'source.refused',
      `path ${JSON.stringify(path)} is not a plain folder inside the repository`,
    );
  }
  return plain;
}

/** Entries of `ls-tree -r -l -z`: `<mode> <type> <object> <size>\t<path>\0`. Links and submodules become notes. */
function parseListing(listing: string): { entries: GitEntry[]; notes: string[]; submodules: GitTree['submodules'] } {
  const entries: GitEntry[] = [];
  const submodules: { path: string; commit: string }[] = [];
  const notes: string[] = [];
  for (const line of listing.split('\0')) {
    const parts = /^([0-7]{6}) ([a-z]+) ([0-9a-f]+) +(\d+|-)\t([^]*)$/.exec(line);
    if (parts === null) continue;
    const [, mode, , object, size, path] = parts as unknown as [string, string, string, string, string, string];
    if (mode === '100644' || mode === '100755' || mode === '100664') {
      entries.push({ path, size: Number(size), mode: mode === '100755' ? '100755' : '100644', object });
    } else {
      if (mode === '160000') submodules.push({ path, commit: object });
      notes.push(leftOut(path, mode === '160000' ? 'a submodule' : 'a symbolic link'));
    }
  }
  return { entries, notes, submodules };
}

/** The note about something that is not taken. */
export function leftOut(path: string, what: 'a submodule' | 'a symbolic link' | 'the folder of a repository'): string {
  return `${JSON.stringify(path)} is left out: ${what}`;
}

async function* readContents(
  place: GitPlace,
  entries: readonly GitEntry[],
): AsyncGenerator<{ entry: SourceEntry; content: Buffer }> {
  for (const piece of inPieces(entries, PIECE_BYTES, PIECE_COUNT)) {
    const output = await readPiece(place, piece);
    let at = 0;
    for (const { object, ...entry } of piece) {
      const header = `${object} blob ${entry.size}\n`;
      const start = at + header.length;
      if (output.toString('latin1', at, start) !== header) {
        throw new SlowLaneError('source.refused', `${entry.path}: its object ${object} cannot be read`);
      }
      yield { entry, content: output.subarray(start, start + entry.size) };
      at = start + entry.size + 1;
    }
  }
}

async function readPiece(place: GitPlace, piece: readonly GitEntry[]): Promise<Buffer> {
  const bytes = piece.reduce((sum, entry) => sum + entry.size + 100, 0);
  try {
    return await catFile(place, ['--batch'], {
      input: piece.map((entry) => `${entry.object}\n`).join(''),
      maxOutputBytes: bytes,
    });
  } catch (error) {
    throw mapGitFailure(error, 'contents of the tree');
  }
}
