import { SlowLaneError } from '@slowlane/contracts';
import type { FetchSandbox } from './fetch-sandbox.ts';
import { openFileRemote } from './file-remote.ts';
import { checkRef, fullNames, isCommitId } from './git-ref.ts';
import { type GitPlace, runGit } from './git.ts';
import { checkGitUrl, type FetchAllowance } from './git-url.ts';
import { hasCommit } from './has-commit.ts';
import { openSandboxedRemote } from './sandboxed-remote.ts';
import type { SourceLimits } from './source-tree.ts';

export interface FetchOrder {
  url: string;
  ref: string;
  allow: FetchAllowance;
  signal: AbortSignal | undefined;
  limits: SourceLimits;
  /** For https; without it only folders of this machine can be fetched from. */
  fetchIn: FetchSandbox | undefined;
  timeoutMs: number;
}

/** A repository that is read from. */
export interface Remote {
  /** `<id>\t<full name>` per line, of those of the names that there are. */
  list(names: readonly string[]): Promise<string>;
  /** Brings a commit without history; `name`: the ref it was found by. */
  fetch(commit: string, name: string | undefined): Promise<void>;
  close(): Promise<void>;
}

/** Asks the remote what the ref is, and fetches exactly that commit unless it is here. See `Mirror.fetchRemote`. */
export async function fetchCommit(place: GitPlace, order: FetchOrder): Promise<string> {
  const url = checkGitUrl(order.url, order.allow);
  checkRef(order.ref);
  if (isCommitId(order.ref) && (await hasCommit(place, order.ref))) return order.ref;
  const remote = await openRemote(place, order, url);
  try {
    const target = isCommitId(order.ref) ? { commit: order.ref, name: undefined } : await find(remote, order.ref, url);
    if (!(await hasCommit(place, target.commit))) {
      await remote.fetch(target.commit, target.name);
      await keep(place, target.commit, url);
    }
    return target.commit;
  } finally {
    await remote.close();
  }
}

async function openRemote(place: GitPlace, order: FetchOrder, url: URL): Promise<Remote> {
  if (url.protocol === 'file:') return openFileRemote(place, order, url);
  const { fetchIn } = order;
  if (fetchIn === undefined)
    throw new SlowLaneError('sandbox.unavailable', `${url.href}: there is no sandbox to fetch it in`);
  return openSandboxedRemote(place, { ...order, fetchIn }, url);
}

async function find(remote: Remote, ref: string, url: URL): Promise<{ commit: string; name: string }> {
  const names = fullNames(ref);
  return chooseRef(await remote.list(names.flatMap((name) => [name, `${name}^{}`])), ref, url);
}

/** What no ref names is garbage to git. */
async function keep(place: GitPlace, commit: string, url: URL): Promise<void> {
  if (!(await hasCommit(place, commit))) {
    throw new SlowLaneError('source.unreachable', `${url.href}: the ref moved while it was fetched`);
  }
  await runGit(place, ['update-ref', '--no-deref', `refs/slowlane/commits/${commit}`, commit]);
}

/** Lines of `ls-remote`: `<id>\t<full name>`; a tag object is followed by `<name>^{}` with its commit. */
function chooseRef(listing: string, ref: string, url: URL): { commit: string; name: string } {
  const ids = new Map(
    listing.split('\n').map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t'))]),
  );
  const found = fullNames(ref).flatMap((name) => {
    const commit = ids.get(`${name}^{}`) ?? ids.get(name);
    return commit === undefined ? [] : [{ commit, name }];
  });
  const [first, second] = found;
  if (first === undefined)
    throw new SlowLaneError('source.not-found', `${url.href} has no branch or tag ${JSON.stringify(ref)}`);
  if (second !== undefined && second.commit !== first.commit) {
    throw new SlowLaneError('source.refused', `${url.href}: ${JSON.stringify(ref)} is both a branch and a tag`, {
      hint: `Write refs/heads/${ref} or refs/tags/${ref}.`,
    });
  }
  if (!isCommitId(first.commit)) {
    throw new SlowLaneError('source.refused', `${url.href}: its ids are not SHA-1 (${first.commit.length} digits)`, {
      hint: 'Repositories of the object format sha256 are not supported.',
    });
  }
  return first;
}
