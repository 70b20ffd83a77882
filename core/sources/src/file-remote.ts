import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FetchOrder, Remote } from './fetch-commit.ts';
import { mapGitFailure } from './git-failure.ts';
import { type GitOptions, type GitPlace, runGit } from './git.ts';
import { type SourceLimits, tooLarge } from './source-tree.ts';

const SILENCE_MS = 90_000;
const SIZE_CHECK_MS = 500;

/** A repository in a folder of this machine, which only an allowance by name opens: git runs here. */
export function openFileRemote(place: GitPlace, order: FetchOrder, url: URL): Remote {
  const deadline = AbortSignal.timeout(order.timeoutMs);
  const options = {
    protocol: 'file',
    silenceMs: SILENCE_MS,
    signal: order.signal === undefined ? deadline : AbortSignal.any([order.signal, deadline]),
  };
  const rethrow = (error: unknown): never => {
    throw mapGitFailure(error, url.href);
  };
  return {
    list: (names) => runGit(place, ['ls-remote', '--end-of-options', url.href, ...names], options).catch(rethrow),
    fetch: (commit, name) =>
      withSizeLimit(place, order.limits, options, async (limited) => {
        const fetchOne = (what: string) =>
          runGit(
            place,
            [
              ...['fetch', '--depth=1', '--no-tags', '--no-recurse-submodules', '--quiet', '--no-write-fetch-head'],
              ...['--end-of-options', url.href, `+${what}:refs/slowlane/commits/${commit}`],
            ],
            limited,
          );
        try {
          await fetchOne(commit);
        } catch (error) {
          // Some servers give commits by name only.
          if (name === undefined || !/not our ref|unadvertised/i.test(String(error))) return rethrow(error);
          await fetchOne(name).catch(rethrow);
        }
      }),
    close: async () => undefined,
  };
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
