import { createHash } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SlowLaneError } from '@slowlane/contracts';
import type { SandboxCommand } from '@slowlane/contracts';
import { seccompFilter, stage } from '@slowlane/driver-kit';
import type { Cell, Isolation, Paths } from '@slowlane/driver-kit';
import { commandArgs, sandboxArgs } from './args.ts';
import { launch } from './launch.ts';
import type { BubblewrapPlan } from './launch.ts';
import { openRoots } from './roots.ts';
import type { Roots } from './roots.ts';
import { openSharedNets } from './shared-nets.ts';
import type { SharedNets } from './shared-nets.ts';

/** bwrap's namespaces, started as the slot's uid under our own seccomp filter. */
export function bubblewrapIsolation(paths: Paths): Isolation {
  const roots = openRoots(paths);
  const nets = openSharedNets(paths);
  const filter = writeFilter(paths.state);
  return {
    supervisorMain: fileURLToPath(new URL('./supervisor-main.ts', import.meta.url)),
    arrange: (cell) => arrange(cell, { paths, roots, nets, filter }),
    launch,
    // Inside, bwrap is pid 1 and the program it started is pid 2.
    isAskedToEnd: (ids) => ids.length > 1 && ids.at(-1) === 2,
    discard: () => Promise.resolve(),
    sweep: () => Promise.resolve(nets.sweep()),
    clear: () => roots.clear(),
  };
}

interface Means {
  paths: Paths;
  roots: Roots;
  nets: SharedNets;
  filter: string;
}

async function arrange(cell: Cell, means: Means): ReturnType<Isolation['arrange']> {
  const { spec, owner, work } = cell;
  const [root, mountSources] = await Promise.all([means.roots.reachable(spec.root), stageMounts(cell, means.paths)]);
  const places = { root, ...(work === undefined ? {} : { work }) };
  const args = sandboxArgs(spec, { ...places, mountSources });
  const collectArgs = sandboxArgs({ ...spec, mounts: [] }, { ...places, workMode: 'ro', mountSources: [] });
  const common = {
    cgroupFolders: cell.cgroup.folders,
    processFile: cell.cgroup.processFile,
    ...owner,
    filter: means.filter,
  };
  const within = (argv: readonly string[]): string[] => [...processWall(cell), ...argv];
  return {
    plan: async (command: SandboxCommand): Promise<BubblewrapPlan> => ({
      ...common,
      umask: cell.umask,
      bwrapArgs: [...args, ...commandArgs(spec, command)],
      argv: within(command.argv),
      isHeld: command.net.mode === 'gateway',
      joinNetOf: command.net.mode === 'shared' ? await means.nets.join(command.net.name, spec.id) : undefined,
    }),
    planCollect: (argv): Promise<BubblewrapPlan> =>
      Promise.resolve({
        ...common,
        umask: '022',
        bwrapArgs: [...collectArgs, ...commandArgs({ ...spec, env: {} }, { argv: [...argv], net: { mode: 'none' } })],
        argv: within(argv),
        isHeld: false,
      }),
  };
}

/**
 * Without a cgroup the wall of processes is the kernel's limit per user, set inside: there the user namespace is the sandbox's own, and with it the count.
 */
function processWall({ cgroup, spec }: Cell): string[] {
  return cgroup.processFile === undefined ? [] : ['/usr/bin/prlimit', `--nproc=${spec.limits.pids}`, '--'];
}

async function stageMounts({ spec }: Cell, paths: Paths): Promise<(string | undefined)[]> {
  return Promise.all(
    spec.mounts.map(async (mount, index) =>
      mount.kind === 'tmpfs' ? undefined : stage(mount.source, `${paths.run}/${spec.id}/m${index}`),
    ),
  );
}

function writeFilter(state: string): string {
  const bytes = seccompFilter(process.arch);
  if (bytes === undefined)
    throw new SlowLaneError('sandbox.failed', `there is no system call filter for the processor type ${process.arch}`);
  const file = `${state}/filter-${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.bpf`;
  if (!existsSync(file)) {
    writeFileSync(`${file}.part`, bytes);
    renameSync(`${file}.part`, file);
  }
  return file;
}
