import { mkdirSync } from 'node:fs';
import type { SandboxSpec } from '@slowlane/contracts';
import { sandboxArgs } from './args.ts';
import type { Places } from './args.ts';
import type { Cgroup } from './cgroup/cgroup.ts';
import { claim } from './ownership.ts';
import { checkSpec } from './check-spec.ts';
import type { Context } from './context.ts';
import { stage } from './staging.ts';
import { teardown } from './teardown.ts';
import type { WorkVolume } from './work-volume.ts';

/** A sandbox that programs can be started in. */
export interface Prepared {
  spec: SandboxSpec;
  owner: { uid: number; gid: number };
  umask: '022' | '002';
  cgroup: Cgroup;
  volume: WorkVolume | undefined;
  /** bwrap's arguments for a program. */
  args: string[];
  /** The same with `/work` read-only and no other mounts: for `collect`. */
  collectArgs: string[];
}

/** Takes a uid and makes cgroup, volume and mount sources. A failure leaves nothing behind. */
export async function prepare(context: Context, given: SandboxSpec, signal?: AbortSignal): Promise<Prepared> {
  const spec = { ...given, ...checkSpec(given, context.allowedSources) };
  claim(context.paths.sandboxes, spec.id);
  try {
    const uid = await context.slots.take(spec.id, { signal, preferred: previousOwner(context, spec) });
    const owner = { uid, gid: spec.identity === 'shared-group' ? context.caller.gid : uid };
    mkdirSync(`${context.paths.run}/${spec.id}`, { mode: 0o711 });
    const cgroup = context.cgroups.make(spec.id, spec.limits);
    const [volume, places] = await Promise.all([makeVolume(context, spec, owner), findPlaces(context, spec)]);
    signal?.throwIfAborted();
    return assemble({ spec, owner, cgroup, volume, places });
  } catch (error) {
    await teardown(context, spec.id);
    throw error;
  }
}

/** The uid that a restored volume's files have: when it is free, no file has to be given to another. */
function previousOwner(context: Context, spec: SandboxSpec): number | undefined {
  return findSnapshot(context, spec)?.lastUid;
}

function findSnapshot(context: Context, spec: SandboxSpec): ReturnType<Context['snapshots']['find']> {
  if (spec.work.kind !== 'volume' || spec.work.restore === undefined) return undefined;
  return context.snapshots.find(spec.work.restore, { bytes: spec.limits.workBytes, inodes: spec.limits.workInodes });
}

async function makeVolume(
  context: Context,
  spec: SandboxSpec,
  owner: Prepared['owner'],
): Promise<WorkVolume | undefined> {
  if (spec.work.kind === 'none') return undefined;
  return context.volumes.make({
    folder: `${context.paths.run}/${spec.id}/work`,
    image: `${context.paths.sandboxes}/${spec.id}/volume.img`,
    bytes: spec.limits.workBytes,
    inodes: spec.limits.workInodes,
    owner,
    from: findSnapshot(context, spec)?.image,
  });
}

async function findPlaces(context: Context, spec: SandboxSpec): Promise<Omit<Places, 'work'>> {
  const [root, mountSources] = await Promise.all([context.roots.reachable(spec.root), stageMounts(context, spec)]);
  return { root, mountSources };
}

async function stageMounts(context: Context, spec: SandboxSpec): Promise<(string | undefined)[]> {
  return Promise.all(
    spec.mounts.map(async (mount, index) =>
      mount.kind === 'tmpfs' ? undefined : stage(mount.source, `${context.paths.run}/${spec.id}/m${index}`),
    ),
  );
}

function assemble(
  parts: Pick<Prepared, 'spec' | 'owner' | 'cgroup' | 'volume'> & { places: Omit<Places, 'work'> },
): Prepared {
  const { spec, owner, cgroup, volume, places } = parts;
  const work = volume === undefined ? {} : { work: volume.folder };
  return {
    spec,
    owner,
    cgroup,
    volume,
    umask: spec.identity === 'shared-group' ? '002' : '022',
    args: sandboxArgs(spec, { ...places, ...work }),
    collectArgs: sandboxArgs({ ...spec, mounts: [] }, { ...places, ...work, workMode: 'ro', mountSources: [] }),
  };
}
