import { mkdir, stat } from 'node:fs/promises';
import { join, resolve as absolute } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { completeTree, type TreeExtras } from './complete-tree.ts';
import { exportOf } from './export-tree.ts';
import { fetchCommit } from './fetch-commit.ts';
import type { FetchSandbox } from './fetch-sandbox.ts';
import { mapGitFailure } from './git-failure.ts';
import { checkRef, fullNames, isCommitId } from './git-ref.ts';
import { type GitPlace, runGit } from './git.ts';
import type { FetchAllowance } from './git-url.ts';
import { readGitTree } from './git-tree.ts';
import { hasCommit } from './has-commit.ts';
import { type ExportedTree, type SourceLimits, sourceLimits, type SourceTree } from './source-tree.ts';

export interface MirrorOptions {
  /** Folder of the bare repository; made when it is not there. One per pipeline. */
  dir: string;
  /** Absolute path of the git program. */
  gitPath: string;
  limits?: SourceLimits;
  /** For https remotes: git speaks to strangers in a sandbox only. */
  fetchIn?: FetchSandbox | undefined;
  /** The whole of one fetch; default 10 minutes. */
  fetchTimeoutMs?: number;
}

/** A pipeline's own copy of its repository. Calls may run side by side. */
export interface Mirror {
  readonly dir: string;
  readonly gitPath: string;
  /**
   * Fetches one commit (branch, tag, full ref, or full commit id) without history; gives its id. A commit that is there already is
   * not fetched again. `source.refused`, `source.not-found`, `source.unreachable`, `source.too-large`.
   */
  fetchRemote(url: string, ref: string, allow: FetchAllowance, signal?: AbortSignal): Promise<string>;
  /** Commit id of a ref or full id that the mirror has; `source.not-found` otherwise. */
  resolve(ref: string): Promise<string>;
  has(commit: string): Promise<boolean>;
  /** The tree of `path` (`.` = root) in a commit. `source.not-found`, `source.too-large`, `source.refused`. */
  readTree(commit: string, path: string): Promise<SourceTree>;
  /** The same, hashed and ready to be packed; `extras`: with what the commit only points at. */
  exportTree(commit: string, path: string, extras?: TreeExtras): Promise<ExportedTree>;
  /** Committer time, epoch seconds: SOURCE_DATE_EPOCH. */
  commitTime(commit: string): Promise<number>;
}

export async function openMirror(options: MirrorOptions): Promise<Mirror> {
  const place: GitPlace = { dir: absolute(options.dir), gitPath: options.gitPath };
  const limits = options.limits ?? sourceLimits;
  await initialise(place);
  // Two fetches at once would fight for git's lock on its list of shallow commits.
  let lastFetch: Promise<unknown> = Promise.resolve();
  const mirror: Mirror = {
    ...place,
    fetchRemote(url, ref, allow, signal) {
      const fetching = lastFetch.then(() =>
        fetchCommit(place, { url, ref, allow, signal, limits, ...fetchSettings(options) }),
      );
      lastFetch = fetching.catch(() => undefined);
      return fetching;
    },
    resolve: (ref) => resolveRef(place, ref),
    has: (commit) => hasCommit(place, commit),
    readTree: (commit, path) => readGitTree(place, { commit, path, limits }),
    exportTree: async (commit, path, extras) =>
      exportOf(
        extras === undefined
          ? await mirror.readTree(commit, path)
          : await completeTree(mirror, { commit, path, limits, fetchIn: options.fetchIn, ...extras }),
      ),
    commitTime: (commit) => commitTime(place, commit),
  };
  return mirror;
}

function fetchSettings(options: MirrorOptions): { fetchIn: FetchSandbox | undefined; timeoutMs: number } {
  return { fetchIn: options.fetchIn, timeoutMs: options.fetchTimeoutMs ?? 600_000 };
}

async function initialise(place: GitPlace): Promise<void> {
  await mkdir(place.dir, { recursive: true, mode: 0o700 });
  try {
    await stat(join(place.dir, 'HEAD'));
  } catch {
    // An empty template: the machine's own one could bring hooks.
    await runGit(place, ['init', '--bare', '--quiet', '--template=', '--object-format=sha1', '--initial-branch=main']);
  }
}

async function resolveRef(place: GitPlace, ref: string): Promise<string> {
  checkRef(ref);
  for (const name of isCommitId(ref) ? [ref] : fullNames(ref)) {
    try {
      return (await runGit(place, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`])).trim();
    } catch {
      continue;
    }
  }
  throw new SlowLaneError('source.not-found', `ref ${JSON.stringify(ref)} is not in the repository`);
}

async function commitTime(place: GitPlace, commit: string): Promise<number> {
  if (!isCommitId(commit))
    throw new SlowLaneError('source.not-found', `${JSON.stringify(commit)} is no full commit id`);
  try {
    return Number(
      await runGit(place, ['log', '-1', '--no-show-signature', '--format=%ct', '--end-of-options', commit]),
    );
  } catch (error) {
    throw mapGitFailure(error, `commit ${commit}`);
  }
}
