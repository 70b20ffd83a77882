import type { SandboxCommand, SandboxSpec } from '@slowlane/contracts';
import type { RootBind } from './roots.ts';

/** Where things of one sandbox lie on this machine. */
export interface Places {
  /** Mount point of the work volume; absent for `work: none`. */
  work?: string;
  workMode?: 'rw' | 'ro';
  /** What the root consists of, by paths that the slot's uid can reach. */
  root: readonly RootBind[];
  /** In the order of `mounts`. */
  mountSources: readonly (string | undefined)[];
}

const shmBytes = 64 * 1_048_576;

/**
 * The part of bwrap's arguments that is the same for every program of a sandbox. Order matters: later mounts lie over earlier ones,
 * and `/` and `/dev` (which bwrap makes as writable tmpfs without a limit) are made read-only last.
 */
export function sandboxArgs(spec: SandboxSpec, places: Places): string[] {
  return [
    // `--unshare-all` alone only tries a user namespace, and `--disable-userns` needs one.
    ...['--unshare-user', '--disable-userns', '--unshare-all', '--die-with-parent', '--new-session', '--clearenv'],
    ...places.root.flatMap((bind) => ['--ro-bind', bind.source, bind.target]),
    ...spec.root.symlinks.flatMap((link) => ['--symlink', link.target, link.path]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['--perms', '1777', '--size', String(shmBytes), '--tmpfs', '/dev/shm'],
    ...['--perms', '1777', '--size', String(spec.limits.tmpBytes), '--tmpfs', '/tmp'],
    ...(places.work === undefined ? [] : [places.workMode === 'ro' ? '--ro-bind' : '--bind', places.work, '/work']),
    ...spec.mounts.flatMap((mount, index) => mountArgs(mount, places.mountSources[index])),
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    ...['--cap-drop', 'ALL', '--uid', '1000', '--gid', '1000', '--hostname', 'sandbox'],
  ];
}

/** The rest, for one program: its environment and folder. */
export function commandArgs(spec: SandboxSpec, command: SandboxCommand): string[] {
  const env = { PATH: '/usr/bin:/bin', ...spec.env, ...command.env };
  const home = spec.work.kind === 'volume' ? '/work' : '/tmp';
  const net = command.net.mode === 'shared' || command.net.mode === 'host' ? ['--share-net'] : [];
  return [
    ...net,
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir',
    command.cwd ?? home,
  ];
}

function mountArgs(mount: SandboxSpec['mounts'][number], source: string | undefined): string[] {
  if (mount.kind === 'tmpfs') return ['--perms', '1777', '--size', String(mount.bytes), '--tmpfs', mount.target];
  return [mount.kind === 'rw' ? '--bind' : '--ro-bind', source ?? mount.source, mount.target];
}
