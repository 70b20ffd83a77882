import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { isRootless } from './rootless.ts';

/** Where a driver keeps what. `state` is root's alone; below `run` a slot's uid may pass, because it starts bwrap itself. */
export interface Paths {
  state: string;
  /** One folder per live sandbox: records, volume image. */
  sandboxes: string;
  /** One file per taken uid. */
  slots: string;
  snapshots: string;
  /** Folders of sandboxes that are gone, while they are removed. */
  trash: string;
  /** Empty volume images to copy from. */
  templates: string;
  /** Mount points and generated files; outside the home of whoever owns `state`, which strangers' uids cannot pass. */
  run: string;
  /** Composed `/etc` folders. */
  etc: string;
  /** Binds of root sources that a slot's uid could not reach by path. */
  staged: string;
  fifos: string;
  /** One file per shared network namespace. */
  nets: string;
}

/** Name of a driver on this machine: two drivers with different state folders never touch each other's mounts and cgroups. */
export function instanceName(stateDir: string): string {
  return `slowlane-${createHash('sha256').update(path.resolve(stateDir)).digest('hex').slice(0, 12)}`;
}

/** Without root's rights nothing lies in `/run`: all is one user's, who can pass the home that `state` is in. */
export function makePaths(stateDir: string, runRoot = isRootless() ? path.resolve(stateDir) : '/run'): Paths {
  const state = path.resolve(stateDir);
  const run = path.join(runRoot, instanceName(state));
  const paths = {
    state,
    sandboxes: `${state}/sandboxes`,
    slots: `${state}/slots`,
    snapshots: `${state}/snapshots`,
    trash: `${state}/trash`,
    templates: `${state}/templates`,
    run,
    etc: `${run}/etc`,
    staged: `${run}/staged`,
    fifos: `${run}/fifos`,
    nets: `${state}/nets`,
  };
  // Each by itself and in this order: a folder made on the way would get the mode of the one below it.
  for (const folder of [run, paths.etc, paths.staged]) makeFolder(folder, 0o711);
  for (const folder of [
    state,
    paths.sandboxes,
    paths.slots,
    paths.snapshots,
    paths.trash,
    paths.templates,
    paths.fifos,
    paths.nets,
  ]) {
    makeFolder(folder, 0o700);
  }
  return paths;
}

function makeFolder(folder: string, mode: number): void {
  mkdirSync(folder, { recursive: true, mode });
  chmodSync(folder, mode);
}
