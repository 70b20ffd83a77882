import { existsSync } from 'node:fs';
import { SlowLaneError } from '@slowlane/contracts';
import type { Logger, SandboxDriver } from '@slowlane/contracts';
import { fifoPool, inheritedDescriptors, start } from '@slowlane/process';
import { openCgroups } from './cgroup/open-cgroups.ts';
import type { Context } from './context.ts';
import { isRunning } from './is-running.ts';
import type { Isolation } from './isolation.ts';
import { killById } from './kill.ts';
import { makePaths } from './paths.ts';
import type { Paths } from './paths.ts';
import { reap } from './reap.ts';
import { removeFiles } from './remove-files.ts';
import { createSandbox } from './sandbox.ts';
import { openSlots } from './slots.ts';
import { openSnapshots } from './snapshots.ts';
import { supervise } from './supervisor.ts';
import { volumeMaker } from './work-volume.ts';

export interface DriverOptions {
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

export interface DriverParts {
  kind: SandboxDriver['kind'];
  /** Programs of the machine that it cannot do without. */
  tools: readonly string[];
  isolation(paths: Paths): Isolation;
  probe(
    driver: Omit<SandboxDriver, 'probe'>,
    on: { paths: Paths; caller: DriverOptions['caller']; isQuick: boolean },
  ): ReturnType<SandboxDriver['probe']>;
}

/**
 * A driver over one isolation; runs as root, in the sandbox helper. Removes what a former one left (`reap`) before it answers.
 * Throws `ground.missing` when a tool of the machine is missing, `sandbox.failed` when the machine or this process does not allow a tight sandbox.
 */
export async function createDriver(options: DriverOptions, parts: DriverParts): Promise<SandboxDriver> {
  checkGround(parts);
  process.umask(0o022); // folders that slots must pass are made all the time
  const context = makeContext(options, parts);
  await context.isolation.clear();
  await reap(context);
  const driver: Omit<SandboxDriver, 'probe'> = {
    kind: parts.kind,
    create: (spec, signal) => createSandbox(context, spec, signal),
    supervise: (spec, command, recordDir) => supervise(context, spec, { command, recordDir }),
    kill: (id, how) => killById(context, id, how),
    isRunning: (id) => isRunning(context, id),
    reap: () => reap(context),
    removeFiles: (folder) => removeFiles(context, folder),
  };
  return { ...driver, probe: ({ isQuick = false } = {}) => parts.probe(driver, { ...context, isQuick }) };
}

function checkGround({ kind, tools }: DriverParts): void {
  if (process.getuid?.() !== 0)
    throw new SlowLaneError('sandbox.failed', `the ${kind} driver must run as root, in the sandbox helper`);
  for (const tool of tools) {
    if (!existsSync(tool)) throw new SlowLaneError('ground.missing', `${tool} is not installed`);
  }
  forbidCoreDumps();
  const open = inheritedDescriptors();
  if (open.length === 0) return;
  throw new SlowLaneError(
    'sandbox.failed',
    `descriptors ${open.join(', ')} were inherited and would reach every sandbox`,
    { hint: 'Call closeInheritedDescriptors() first thing in the helper.' },
  );
}

/** A core dump would leave the sandbox through the machine's own handler; the limit is inherited. */
function forbidCoreDumps(): void {
  start(['/usr/bin/prlimit', '--core=0', '--pid', String(process.pid)], { stdout: 'ignore', stderr: 'ignore' });
}

function makeContext(options: DriverOptions, parts: DriverParts): Context {
  const paths = makePaths(options.stateDir);
  return {
    paths,
    cgroups: openCgroups(paths),
    slots: openSlots(paths.slots, options.slots),
    volumes: volumeMaker(paths.templates),
    snapshots: openSnapshots(paths.snapshots),
    fifos: fifoPool(paths.fifos),
    isolation: parts.isolation(paths),
    allowsHostNetwork: options.allowsHostNetwork === true,
    allowedSources: options.allowedSources,
    caller: options.caller,
    nodePath: options.nodePath,
    logger: options.logger,
  };
}
