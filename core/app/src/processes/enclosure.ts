import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Environment } from '@slowlane/config';
import type { Account } from '../ground/service-user.ts';

/**
 * How a process is started so that it can reach what it must. A checkout below root's home, or a state folder below a user's 0700 home, cannot be
 * reached by the uids that sandboxes run as. So a process started with root's rights gets a mount namespace of its own in which both
 * stand below one open folder; the host sees nothing of it, and it goes with the process.
 */
export interface Enclosure {
  /** Path of a host folder as seen inside. */
  inside(path: string): string;
  /** argv prefix: enters the namespace, then becomes `account`. */
  prefix(account: Account | 'root'): string[];
}

export function rootEnclosure(environment: Environment, repository: string): Enclosure {
  const base = `/run/slowlane/${createHash('sha256').update(environment.home).digest('hex').slice(0, 12)}`;
  const aliases: [string, string][] = [
    [environment.home, `${base}/home`],
    [environment.ground, `${base}/ground`],
    [repository, `${base}/app`],
  ];
  return {
    inside: pathMapper(aliases),
    prefix(account) {
      return [
        '/usr/bin/unshare',
        '--mount',
        '--propagation',
        'slave',
        '--',
        '/bin/sh',
        '-c',
        bindAll,
        'enclose',
        ...aliases.flat(),
        '--',
        ...dropTo(account),
      ];
    },
  };
}

/** For a container engine, which binds what it sees itself: what root starts stays in the mount namespace of the machine. */
export const openEnclosure: Enclosure = { inside: (path) => path, prefix: dropTo };

/** The first of the folders that the given account, or a sandbox, cannot reach by path: some folder above it is closed to others. */
export function firstClosed(folders: readonly string[]): string | undefined {
  return folders.find((folder) => {
    for (let above = dirname(folder); above !== '/'; above = dirname(above))
      if (existsSync(above) && (statSync(above).mode & 0o001) === 0) return true;
    return false;
  });
}

function dropTo(account: Account | 'root'): string[] {
  if (account === 'root') return [];
  const { uid, gid } = account;
  const who = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--no-new-privs'];
  return ['/usr/bin/setpriv', ...who, '--'];
}

/** Maps a path by the longest alias it lies below; any other path stays as it is. */
function pathMapper(aliases: readonly [string, string][]): (path: string) => string {
  const longestFirst = [...aliases].sort(([a], [b]) => b.length - a.length);
  return (path) => {
    const found = longestFirst.find(([from]) => path === from || path.startsWith(`${from}/`));
    return found === undefined ? path : found[1] + path.slice(found[0].length);
  };
}

/** Inside nothing but itself: what an ordinary user starts stays where it is. */
export const noEnclosure: Enclosure = { inside: (path) => path, prefix: () => [] };

const bindAll = `set -e
umask 022
while [ "$1" != -- ]; do mkdir -p "$2"; mount --bind "$1" "$2"; shift 2; done
shift
exec "$@"`;
