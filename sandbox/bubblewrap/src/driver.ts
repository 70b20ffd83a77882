import { createHash } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { SlowLaneError } from '@slowlane/contracts';
import type { Logger, SandboxDriver } from '@slowlane/contracts';
import { fifoPool, inheritedDescriptors, start } from '@slowlane/process';
import { detectCgroups } from './cgroup/detect.ts';
import type { Context } from './context.ts';
import { killById } from './kill.ts';
import { isRunning } from './is-running.ts';
import { instanceName, makePaths } from './paths.ts';
import { probe } from './probe.ts';
import { reap } from './reap.ts';
import { openRoots } from './roots.ts';
import { createSandbox } from './sandbox.ts';
import { seccompFilter } from './seccomp/filter.ts';
import { openSlots } from './slots.ts';
import { openSnapshots } from './snapshots.ts';
import { openSharedNets } from './shared-nets.ts';
import { supervise } from './supervisor.ts';
import { volumeMaker } from './work-volume.ts';

export interface BubblewrapOptions {
  /** Folder of this driver alone; made when missing. Records of sandboxes, volumes, snapshots, taken uids. */
  stateDir: string;
  /** Mount sources must lie inside one of these. */
  allowedSources: readonly string[];
  /** One live sandbox per uid of the range. */
  slots: { firstUid: number; count: number };
  /** Whom the files of supervised runs are given to, and who may open gateway sockets. */
  caller: { uid: number; gid: number };
  nodePath: string;
  /** Whether programs may ask for this machine's network; default false. */
  allowsHostNetwork?: boolean;
  logger: Logger;
}

/**
 * The driver of tier full: runs as root, in the sandbox helper. Removes what a former one left (`reap`) before it answers.
 * Throws `ground.missing` when a tool of the machine is missing, `sandbox.failed` when the machine or this process does not allow a tight sandbox.
 */
export async function createBubblewrapDriver(options: BubblewrapOptions): Promise<SandboxDriver> {
  checkGround();
  process.umask(0o022); // folders that slots must pass are made all the time
  const context = makeContext(options);
  await context.roots.clear();
  await reap(context);
  return {
    kind: 'bubblewrap',
    probe: () => probe(context),
    create: (spec, signal) => createSandbox(context, spec, signal),
    supervise: (spec, command, recordDir) => supervise(context, spec, { command, recordDir }),
    kill: (id, how) => killById(context, id, how),
    isRunning: (id) => isRunning(context, id),
    reap: () => reap(context),
  };
}

function checkGround(): void {
  if (process.getuid?.() !== 0)
    throw new SlowLaneError('sandbox.failed', 'the bubblewrap driver must run as root, in the sandbox helper');
  for (const tool of [
    '/usr/bin/bwrap',
    '/usr/bin/setpriv',
    '/usr/bin/nsenter',
    '/usr/sbin/mkfs.ext4',
    '/usr/bin/python3',
  ]) {
    if (!existsSync(tool)) throw new SlowLaneError('ground.missing', `${tool} is not installed`);
  }
  forbidCoreDumps();
  const open = inheritedDescriptors();
  if (open.length > 0) {
    throw new SlowLaneError(
      'sandbox.failed',
      `descriptors ${open.join(', ')} were inherited and would reach every sandbox`,
      {
        hint: 'Call closeInheritedDescriptors() first thing in the helper.',
      },
    );
  }
}

/** A core dump would leave the sandbox through the machine's own handler; the limit is inherited. */
function forbidCoreDumps(): void {
  start(['/usr/bin/prlimit', '--core=0', '--pid', String(process.pid)], { stdout: 'ignore', stderr: 'ignore' });
}

function makeContext(options: BubblewrapOptions): Context {
  const paths = makePaths(options.stateDir);
  return {
    paths,
    cgroups: detectCgroups(instanceName(paths.state)),
    slots: openSlots(paths.slots, options.slots),
    volumes: volumeMaker(paths.templates),
    snapshots: openSnapshots(paths.snapshots),
    roots: openRoots(paths),
    fifos: fifoPool(paths.fifos),
    nets: openSharedNets(paths),
    allowsHostNetwork: options.allowsHostNetwork === true,
    filter: writeFilter(paths.state),
    allowedSources: options.allowedSources,
    caller: options.caller,
    nodePath: options.nodePath,
    logger: options.logger,
  };
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
