import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, unlinkSync } from 'node:fs';
import type { Context } from './context.ts';
import type { Isolation } from './isolation.ts';
import { isMounted, mountsBelow } from './staging.ts';
import { unmount } from './work-volume.ts';

/** What `teardown` needs; a supervisor has no more than this. */
export type TeardownContext = Pick<Context, 'paths' | 'cgroups' | 'slots'> & { isolation: Pick<Isolation, 'discard'> };

export interface TornDown {
  processes: number;
  mounts: number;
  cgroups: number;
  folders: number;
}

/**
 * Removes all there is of a sandbox, by its id alone: processes, cgroup, mounts, folders, and last its uid. Also after a
 * failed or half-done `prepare`, and any number of times.
 */
export async function teardown(context: TeardownContext, id: string): Promise<TornDown> {
  const cgroup = context.cgroups.open(id);
  const processes = cgroup.pids().length;
  const cgroups = cgroup.folders.some((folder) => existsSync(folder)) ? 1 : 0;
  await cgroup.kill();
  await context.isolation.discard(id);
  await cgroup.remove();
  const mounts = await removeMounts(`${context.paths.run}/${id}`);
  const folder = `${context.paths.sandboxes}/${id}`;
  const folders = existsSync(folder) ? 1 : 0;
  for (const slot of context.slots.taken()) if (slot.id === id) context.slots.release(slot.uid);
  discard(folder, `${context.paths.trash}/${id}-${randomUUID()}`);
  return { processes, mounts, cgroups, folders };
}

/** The id is free in one step: a folder that is half removed would be in use and without an owner. */
function discard(folder: string, trash: string): void {
  try {
    renameSync(folder, trash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  rmSync(trash, { recursive: true, force: true });
}

/**
 * Never removes recursively: below a mount that could not be undone lie somebody's files. A supervisor may be doing the same at
 * the same time, so what is gone already is fine.
 */
async function removeMounts(folder: string): Promise<number> {
  if (!existsSync(folder)) return 0;
  const mounts = mountsBelow(folder);
  for (const mount of mounts) {
    await unmount(mount).catch((error: unknown) => {
      if (isMounted(mount)) throw error;
    });
  }
  for (const name of namesIn(folder)) removeEmpty(`${folder}/${name}`);
  removeEmpty(folder);
  return mounts.length;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  }
}

function removeEmpty(place: string): void {
  try {
    if (statSync(place).isDirectory()) rmdirSync(place);
    else unlinkSync(place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
