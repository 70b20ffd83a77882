import { mkdirSync } from 'node:fs';
import type { SandboxSpec } from '@slowlane/contracts';
import { checkSpec } from './check-spec.ts';
import type { Context } from './context.ts';
import type { Arrangement, Cell } from './isolation.ts';
import { claim } from './ownership.ts';
import { isRootless } from './rootless.ts';
import { snapshotOrEmpty } from './snapshot-or-empty.ts';
import { teardown } from './teardown.ts';
import type { WorkVolume } from './work-volume.ts';

/** A sandbox that programs can be started in. */
export interface Prepared extends Cell {
  volume: WorkVolume | undefined;
  arrangement: Arrangement;
}

/** Takes a uid and makes cgroup, volume and what the isolation needs. A failure leaves nothing behind. */
export async function prepare(context: Context, given: SandboxSpec, signal?: AbortSignal): Promise<Prepared> {
  const spec = { ...given, ...checkSpec(given, context.allowedSources) };
  claim(context.paths.sandboxes, spec.id);
  try {
    const uid = await context.slots.take(spec.id, { signal, preferred: previousOwner(context, spec) });
    const owner = ownerOf(context, spec, uid);
    mkdirSync(`${context.paths.run}/${spec.id}`, { mode: 0o711 });
    const cgroup = context.cgroups.make(spec.id, spec.limits);
    const work = spec.work.kind === 'none' ? undefined : `${context.paths.run}/${spec.id}/work`;
    const cell: Cell = { spec, owner, umask: spec.identity === 'shared-group' ? '002' : '022', cgroup, work };
    const [volume, arrangement] = await Promise.all([makeVolume(context, cell), context.isolation.arrange(cell)]);
    signal?.throwIfAborted();
    return { ...cell, volume, arrangement };
  } catch (error) {
    await teardown(context, spec.id);
    throw error;
  }
}

/** Without root's rights a slot is a place only: nobody can be another than this process. */
function ownerOf(context: Context, spec: SandboxSpec, uid: number): Cell['owner'] {
  if (isRootless()) return { uid: 0, gid: 0 };
  return { uid, gid: spec.identity === 'shared-group' ? context.caller.gid : uid };
}

/** The uid that a restored volume's files have: when it is free, no file has to be given to another. */
function previousOwner(context: Context, spec: SandboxSpec): number | undefined {
  return findSnapshot(context, spec)?.lastUid;
}

function findSnapshot(context: Context, spec: SandboxSpec): ReturnType<Context['snapshots']['find']> {
  if (spec.work.kind !== 'volume' || spec.work.restore === undefined) return undefined;
  return context.snapshots.find(spec.work.restore, { bytes: spec.limits.workBytes, inodes: spec.limits.workInodes });
}

async function makeVolume(context: Context, { spec, owner, work }: Cell): Promise<WorkVolume | undefined> {
  if (work === undefined) return undefined;
  const request = {
    folder: work,
    image: `${context.paths.sandboxes}/${spec.id}/volume.img`,
    bytes: spec.limits.workBytes,
    inodes: spec.limits.workInodes,
    owner,
  };
  return snapshotOrEmpty(findSnapshot(context, spec)?.image, (from) => context.volumes.make({ ...request, from }));
}
