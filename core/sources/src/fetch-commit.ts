import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { mapGitFailure } from './git-failure.ts';
import { checkRef, fullNames, isCommitId } from './git-ref.ts';
import { type GitOptions, type GitPlace, runGit } from './git.ts';
import { checkedAddresses, checkGitUrl, type FetchAllowance } from './git-url.ts';
import { hasCommit } from './has-commit.ts';
import { type SourceLimits, tooLarge } from './source-tree.ts';

export interface FetchOrder {
  url: string;
  ref: string;
  allow: FetchAllowance;
  signal: AbortSignal | undefined;
  limits: SourceLimits;
  caBundle: string | undefined;
  timeoutMs: number;
}

const SILENCE_MS = 90_000;
const SIZE_CHECK_MS = 500;

/** Asks the remote what the ref is, and fetches exactly that commit unless it is here. See `Mirror.fetchRemote`. */
export async function fetchCommit(place: GitPlace, order: FetchOrder): Promise<string> {
  const url = checkGitUrl(order.url, order.allow);
  checkRef(order.ref);
  const remote = await createRemote(place, order, url);
  const target = isCommitId(order.ref) ? { commit: order.ref, name: undefined } : await remote.find(order.ref);
  if (!(await hasCommit(place, target.commit))) await remote.fetch(target.commit, target.name);
  return target.commit;
}

interface Remote {
  find(ref: string): Promise<{ commit: string; name: string }>;
  fetch(commit: string, name: string | undefined): Promise<void>;
}

async function createRemote(place: GitPlace, order: FetchOrder, url: URL): Promise<Remote> {
  const options = await connection(order, url);
  const git = async (argv: readonly string[]) => {
    try {
      return await runGit(place, argv, options);
    } catch (error) {
      throw mapGitFailure(error, url.href);
    }
  };
  return {
    async find(ref) {
      const names = fullNames(ref);
      const listing = await git([
        'ls-remote',
        '--end-of-options',
        url.href,
        ...names.flatMap((name) => [name, `${name}^{}`]),
      ]);
      return chooseRef(listing, ref, url);
    },
    fetch: (commit, name) =>
      withSizeLimit(place, order.limits, options, async (limited) => {
        const fetchOne = (what: string) =>
          runGit(
            place,
            [
              'fetch',
              '--depth=1',
              '--no-tags',
              '--no-recurse-submodules',
              '--quiet',
              '--no-write-fetch-head',
              '--end-of-options',
              url.href,
              what,
            ],
            limited,
          );
        const kept = `refs/slowlane/commits/${commit}`;
        try {
          await fetchOne(`+${commit}:${kept}`);
        } catch (error) {
          // Some servers give commits by name only.
          if (name === undefined || !/not our ref|unadvertised/i.test(String(error)))
            throw mapGitFailure(error, url.href);
          await fetchOne(`+${name}:${kept}`).catch((again: unknown) => {
            throw mapGitFailure(again, url.href);
          });
        }
        if (!(await hasCommit(place, commit))) {
          throw new SlowLaneError('source.unreachable', `${url.href}: the ref moved while it was fetched`);
        }
      }),
  };
}

async function connection(order: FetchOrder, url: URL): Promise<GitOptions & { signal: AbortSignal }> {
  const addresses = await checkedAddresses(url, order.allow);
  const config = [];
  if (order.caBundle !== undefined) config.push(`http.sslCAInfo=${order.caBundle}`);
  // The address that was checked is the one that is dialled.
  if (addresses !== undefined)
    config.push(`http.curloptResolve=${url.hostname}:${url.port || '443'}:${addresses.join(',')}`);
  const deadline = AbortSignal.timeout(order.timeoutMs);
  return {
    protocol: url.protocol.slice(0, -1),
    config,
    silenceMs: SILENCE_MS,
    signal: order.signal === undefined ? deadline : AbortSignal.any([order.signal, deadline]),
  };
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

/** git has no limit of its own for a fetch: watch the pack that grows, and stop it. Compressed, so twice the tree's limit is generous. */
async function withSizeLimit(
  place: GitPlace,
  limits: SourceLimits,
  options: GitOptions & { signal: AbortSignal },
  fetch: (limited: GitOptions) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const timer = setInterval(() => {
    void incomingBytes(place).then((bytes) => {
      if (bytes > limits.maxBytes) stop.abort();
    });
  }, SIZE_CHECK_MS);
  try {
    await fetch({ ...options, signal: AbortSignal.any([options.signal, stop.signal]) });
  } catch (error) {
    if (stop.signal.aborted) throw tooLarge(`the commit is larger than ${limits.maxBytes} bytes`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

async function incomingBytes(place: GitPlace): Promise<number> {
  const folder = join(place.dir, 'objects', 'pack');
  const names = await readdir(folder).catch(() => []);
  const sizes = names
    .filter((name) => name.startsWith('tmp_pack_'))
    .map((name) =>
      stat(join(folder, name)).then(
        (facts) => facts.size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
