import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RootSpec } from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';
import { bind, isSameFile, mountsBelow, must, stage } from '@slowlane/driver-kit';
import type { Paths } from '@slowlane/driver-kit';

export interface RootBind {
  source: string;
  target: string;
}

/** Roots as a slot's uid can reach them. */
export interface Roots {
  reachable(root: RootSpec): Promise<RootBind[]>;
  /** Removes all that an earlier process composed. Sandboxes that run have their own view and keep it. */
  clear(): Promise<void>;
}

/**
 * `/etc` of a root is a dozen binds and some generated files. Each bind costs every start of a program, so they are composed once in a folder
 * of ours, and a sandbox binds that.
 */
export function openRoots(paths: Pick<Paths, 'etc' | 'staged'>): Roots {
  const composed = new Map<string, Promise<Composed>>();
  let count = 0;
  const compose = async (root: RootSpec): Promise<string> => {
    const parts = { binds: root.binds.filter((one) => isComposed(one, root)), files: root.files };
    const key = createHash('sha256').update(canonicalJson(parts)).digest('hex').slice(0, 16);
    const known = await composed.get(key)?.catch(() => undefined);
    if (known?.binds.every((one) => isSameFile(one.source, one.target)) === true) return known.folder;
    const making = composeEtc(`${paths.etc}/${key}-${count++}`, parts);
    composed.set(key, making);
    return (await making).folder;
  };
  return {
    async reachable(root) {
      const others = root.binds.filter((one) => !isComposed(one, root));
      const staged = await Promise.all(
        others.map(async (one) => ({
          ...one,
          source: await stage(one.source, `${paths.staged}/${stagedName(one.source)}`),
        })),
      );
      const etc = { source: await compose(root), target: '/etc' };
      return [...staged.filter((one) => !isBelowEtc(one)), etc, ...staged.filter(isBelowEtc)];
    },
    async clear() {
      for (const folder of [paths.etc, paths.staged]) {
        for (const mount of mountsBelow(folder)) await must(['/bin/umount', '-l', '--', mount]);
        if (mountsBelow(folder).length > 0) continue;
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { mode: 0o711 });
      }
    },
  };
}

interface Composed {
  folder: string;
  /** Targets are where they are bound on this machine. */
  binds: RootBind[];
}

async function composeEtc(folder: string, parts: Pick<RootSpec, 'binds' | 'files'>): Promise<Composed> {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const binds = parts.binds.map((one) => ({ source: one.source, target: placeOf(folder, one.target) }));
  for (const one of binds) await bind(one.source, one.target);
  for (const file of parts.files) {
    const place = placeOf(folder, file.path);
    mkdirSync(path.dirname(place), { recursive: true, mode: 0o755 });
    writeFileSync(place, file.content, { flag: 'wx', mode: 0o444 });
  }
  return { folder, binds };
}

function placeOf(folder: string, target: string): string {
  return `${folder}/${target.slice('/etc/'.length)}`;
}

function isBelowEtc(one: RootBind): boolean {
  return one.target.startsWith('/etc/');
}

/**
 * What lies over another bind is left to bwrap, which lays it as the slot's uid in a view of its own: the folder below is not ours, and
 * root must neither make files in it nor follow links of it.
 */
function isComposed(one: RootBind, root: RootSpec): boolean {
  return isBelowEtc(one) && !root.binds.some((other) => one.target.startsWith(`${other.target}/`));
}

function stagedName(source: string): string {
  return createHash('sha256').update(source).digest('hex').slice(0, 24);
}
