import { randomUUID } from 'node:crypto';
import { type GitDoor, SlowLaneError } from '@slowlane/contracts';
import type { FetchOrder, Remote } from './fetch-commit.ts';
import { type FetchSandbox, openFetchSandbox, type SandboxedGit } from './fetch-sandbox.ts';
import { mapGitFailure } from './git-failure.ts';
import { GitFailure, type GitPlace } from './git.ts';
import { importPack } from './import-pack.ts';
import { markShallow } from './mark-shallow.ts';
import { forgetSsh, prepareSsh, sshEnvironment } from './ssh-access.ts';

/** Where the gateway is inside a sandbox. */
export const inside = '127.0.0.1:3128';
/** More than the advertisement of a repository with 10,000 branches; only two names are asked for. */
const MAX_LISTING_BYTES = 4 * 1024 ** 2;

/**
 * A repository behind https or ssh. git itself runs in a sandbox whose only way out is a door to this one repository; what it brings is packed
 * there and comes out as one pack, which is checked again before the mirror takes it.
 */
export async function openSandboxedRemote(
  place: GitPlace,
  order: FetchOrder & { fetchIn: FetchSandbox },
  url: URL,
): Promise<Remote> {
  const { limits, timeoutMs, fetchIn } = order;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = order.signal === undefined ? deadline : AbortSignal.any([order.signal, deadline]);
  const door = await fetchIn.gateway.openGit({
    id: randomUUID(),
    url: url.href,
    mayBePrivate: order.allow.hosts.includes(url.host),
    // Twice: what is asked before the pack counts too.
    maxBytes: 2 * limits.maxBytes,
  });
  try {
    signal.throwIfAborted();
    const env = door.ssh === undefined ? {} : sshEnvironment;
    const git = await openFetchSandbox(fetchIn, { limits, timeoutMs, signal, env });
    const way = { place, order, url, door, git };
    if (door.ssh !== undefined)
      await prepareSsh(git, door.ssh).catch((error: unknown) => git.destroy().finally(() => explain(way)(error)));
    return remoteOf(way);
  } catch (error) {
    await door.close();
    throw signal.aborted ? mapGitFailure(new GitFailure('git was stopped', true), url.href) : error;
  }
}

interface Way {
  place: GitPlace;
  order: FetchOrder;
  url: URL;
  door: GitDoor;
  git: SandboxedGit;
}

function remoteOf(way: Way): Remote {
  const { git, door } = way;
  const address = addressOf(door);
  const net = { mode: 'gateway', socketPath: door.socketPath } as const;
  return {
    async list(names) {
      const argv = ['ls-remote', '--end-of-options', address, ...names];
      return git.run(argv, { net, maxBytes: MAX_LISTING_BYTES }).catch(explain(way));
    },
    async fetch(commit, name) {
      const fetchOne = (what: string) =>
        git.run(
          [
            ...['-c', 'fetch.unpackLimit=1', 'fetch', '--depth=1', '--no-tags', '--no-recurse-submodules', '--quiet'],
            ...['--no-write-fetch-head', '--end-of-options', address, `+${what}:refs/slowlane/wanted`],
          ],
          { net, maxBytes: MAX_LISTING_BYTES },
        );
      const offline = { net: { mode: 'none' }, maxBytes: MAX_LISTING_BYTES } as const;
      await git.run(['init', '--bare', '--quiet', '--template=', '--initial-branch=main'], offline).catch(explain(way));
      try {
        await fetchOne(commit);
      } catch (error) {
        // Some servers give commits by name only.
        const isByNameOnly = name !== undefined && /not our ref|unadvertised/i.test(String(error));
        if (!isByNameOnly) return explain(way)(error);
        await fetchOne(name).catch(explain(way));
      }
      if (door.ssh !== undefined) await forgetSsh(git);
      await takePack(way, commit);
    },
    async close() {
      await git.destroy().finally(() => door.close());
    },
  };
}

function addressOf({ ssh, path }: GitDoor): string {
  return ssh === undefined ? `http://${inside}${path}` : `ssh://${ssh.user}@${inside}${path}`;
}

/** The commit without its parents: the mirror must know that before it checks that everything is there. */
async function takePack({ place, order, git, url }: Way, commit: string): Promise<void> {
  const undo = await markShallow(place, commit);
  try {
    await git.stream(
      ['pack-objects', '--revs', '--stdout', '--quiet'],
      { net: { mode: 'none' }, input: `${commit}\n` },
      (pack) => importPack(place, pack, { maxBytes: order.limits.maxBytes }),
    );
  } catch (error) {
    await undo();
    if (error instanceof GitFailure && /bad (?:object|revision)|not a valid/i.test(error.message))
      throw new SlowLaneError('source.unreachable', `${url.href}: the ref moved while it was fetched`);
    throw mapGitFailure(error, url.href);
  }
}

/** The door knows better than git why something was not answered. */
export function explain({ url, door }: Pick<Way, 'url' | 'door'>): (error: unknown) => never {
  return (error) => {
    const isGitOnly = error instanceof GitFailure && !error.wasAborted;
    const failure = isGitOnly ? door.failure() : undefined;
    if (failure !== undefined) throw failure;
    if (isGitOnly)
      error.message = error.message.replaceAll(addressOf(door), url.href).replaceAll(`[127.0.0.1]:3128`, url.host);
    throw mapGitFailure(error, url.href);
  };
}
