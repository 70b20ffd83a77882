import { createHash } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SandboxCommand } from '@slowlane/contracts';
import type { Arrangement, Cell, Isolation, Paths } from '@slowlane/driver-kit';
import { dockerProfile, instanceName } from '@slowlane/driver-kit';
import { containerOf, writeFiles } from './container.ts';
import { engineCgroup } from './engine-cgroups.ts';
import { connectEngine, engineLost } from './engine.ts';
import type { Engine } from './engine.ts';
import { openImages } from './images.ts';
import type { Images } from './images.ts';
import { launch } from './launch.ts';
import type { OciPlan } from './launch.ts';

const labels = { instance: 'slowlane.instance', sandbox: 'slowlane.sandbox' };

/** One container per program, all of a sandbox below its cgroup. */
export function ociIsolation(engine: Engine, paths: Paths): Isolation {
  const images = openImages(engine, paths.state);
  const seccomp = seccompOf(engine, paths);
  let count = 0;
  return {
    supervisorMain: fileURLToPath(new URL('./supervisor-main.ts', import.meta.url)),
    arrange: (cell) => arrange(cell, { engine, paths, images, seccomp, next: () => `${process.pid}-${count++}` }),
    launch,
    // Inside, the init is pid 1 and hands it on.
    isAskedToEnd: (ids) => ids.length > 1 && ids.at(-1) === 1,
    discard: async (id) =>
      void (await removeContainers(engine, { [labels.instance]: instanceName(paths.state), [labels.sandbox]: id })),
    sweep: () => removeOrphans(engine, paths),
    clear: () => Promise.resolve(),
  };
}

interface Means {
  engine: Engine;
  paths: Paths;
  images: Images;
  seccomp: string;
  next(): string;
}

async function arrange(cell: Cell, means: Means): Promise<Arrangement> {
  const { engine, paths } = means;
  const { spec, owner } = cell;
  const folder = `${paths.sandboxes}/${spec.id}`;
  writeFiles(spec.root.files, `${folder}/files`, owner);
  const image = await means.images.named(spec.root);
  const plan = (of: Cell, command: SandboxCommand): OciPlan => {
    const gate = `${folder}/gate-${means.next()}`;
    const container = containerOf(of, command, {
      ...{ kind: engine.kind, image, gate, seccomp: means.seccomp, files: `${folder}/files` },
      labels: { [labels.instance]: instanceName(paths.state), [labels.sandbox]: spec.id },
      cgroupParent: `/${engineCgroup(instanceName(paths.state))}`,
    });
    const isHeld = command.net.mode === 'gateway';
    return { engine, container, cgroupFolders: cell.cgroup.folders, gate: { path: gate, uid: owner.uid }, isHeld };
  };
  return {
    plan: (command) => Promise.resolve(plan(cell, command)),
    planCollect: (argv) =>
      Promise.resolve(
        collecting(
          plan(
            { ...cell, spec: { ...spec, mounts: [], env: {} }, umask: '022' },
            { argv: [...argv], net: { mode: 'none' } },
          ),
        ),
      ),
  };
}

function collecting(plan: OciPlan): OciPlan {
  const { HostConfig: host = {} } = plan.container;
  const mounts = (host.Mounts ?? []).map((one) => (one.Target === '/work' ? { ...one, ReadOnly: true } : one));
  return { ...plan, container: { ...plan.container, HostConfig: { ...host, Mounts: mounts } } };
}

/** docker takes the profile itself, podman a file with it. */
function seccompOf(engine: Engine, paths: Paths): string {
  const text = JSON.stringify(dockerProfile(process.arch));
  if (engine.kind === 'docker') return text;
  const file = path.join(paths.state, `seccomp-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`);
  if (existsSync(file)) return file;
  // Whole as soon as it can be seen: a supervisor may start a container at the same time.
  writeFileSync(`${file}.${process.pid}`, text, { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
  return file;
}

/** Containers whose sandbox has no folder any more: what was made while this driver was killed. */
async function removeOrphans(engine: Engine, paths: Paths): Promise<number> {
  return removeContainers(
    engine,
    { [labels.instance]: instanceName(paths.state) },
    (id) => !existsSync(`${paths.sandboxes}/${id}`),
  );
}

export async function removeContainers(
  engine: Engine,
  labelled: Record<string, string>,
  isWanted: (sandbox: string) => boolean = () => true,
): Promise<number> {
  const docker = connectEngine(engine);
  try {
    const label = Object.entries(labelled).map(([name, value]) => `${name}=${value}`);
    const found = await docker.listContainers({ all: true, filters: { label } });
    const wanted = found.filter((one) => isWanted(one.Labels[labels.sandbox] ?? ''));
    await Promise.all(
      wanted.map((one) => docker.getContainer(one.Id).remove({ force: true, v: true }).catch(ignoreGone)),
    );
    return wanted.length;
  } catch (cause) {
    throw engineLost(engine, cause);
  }
}

/** 404: gone already; 409: on its way out. */
function ignoreGone(error: { statusCode?: number }): void {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error as Error;
}
