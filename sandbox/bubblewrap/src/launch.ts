import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { becoming, noteProgram } from '@slowlane/driver-kit';
import type { Ended, Launched, LaunchPlan } from '@slowlane/driver-kit';
import { start } from '@slowlane/process';
import type { FifoPool, Started } from '@slowlane/process';

export interface BubblewrapPlan {
  cgroupFolders: readonly string[];
  uid: number;
  gid: number;
  umask: '022' | '002';
  bwrapArgs: readonly string[];
  argv: readonly string[];
  /** Where there are no cgroups: the file that processes of the sandbox are noted in. */
  processFile?: string | undefined;
  /** Keep the program waiting until `release` is called. */
  isHeld: boolean;
  /** A process whose network namespace the program joins. */
  joinNetOf?: number | undefined;
  filter: string;
}

export async function launch(
  given: LaunchPlan,
  { fifos, hasStdin }: { fifos: FifoPool; hasStdin: boolean },
): Promise<Launched> {
  const plan = given as BubblewrapPlan;
  const [input, output, errors] = await Promise.all([
    hasStdin ? fifos.input() : undefined,
    fifos.output(),
    fifos.output(),
  ]);
  const process = startBwrap(plan, [input?.theirs ?? 'ignore', output.theirs, errors.theirs]);
  return { ...process, stdin: input?.ours ?? null, stdout: output.ours, stderr: errors.ours };
}

/**
 * Starts bwrap as the slot's uid. `stdio` are open descriptors that the program gets; they are closed here.
 *
 * bwrap is started with no process of ours in between (or `--die-with-parent` would not hold) and reads its arguments from descriptor 3
 * before it does anything: until they are written it waits, and so it is moved into its cgroups before it can start another process.
 */
function startBwrap(plan: BubblewrapPlan, stdio: readonly [number | 'ignore', number, number]): BwrapProcess {
  const filter = openSync(plan.filter, 'r');
  const before = process.umask(Number.parseInt(plan.umask, 8));
  try {
    const child = start([...netPrefix(plan), '/usr/bin/bwrap', '--args', '3', '--', ...plan.argv], {
      stdin: stdio[0],
      stdout: stdio[1],
      stderr: stdio[2],
      extra: ['pipe', 'pipe', filter, ...(plan.isHeld ? (['pipe'] as const) : [])],
      cwd: '/',
      // Node clears the supplementary groups with it.
      ...(plan.joinNetOf === undefined ? { uid: plan.uid, gid: plan.gid } : {}),
    });
    joinCgroups(child, plan);
    return watch(child, plan);
  } finally {
    process.umask(before);
    for (const descriptor of [...stdio, filter]) if (typeof descriptor === 'number') closeSync(descriptor);
  }
}

type BwrapProcess = Omit<Launched, 'stdin' | 'stdout' | 'stderr'>;

/** Root alone may join a namespace. Each of these executes the next, so there is still no process of ours in between. */
function netPrefix(plan: BubblewrapPlan): string[] {
  if (plan.joinNetOf === undefined) return [];
  const drop = becoming(plan);
  const become = drop.length === 0 ? [] : ['/usr/bin/setpriv', ...drop, '--'];
  return ['/usr/bin/nsenter', `--net=/proc/${plan.joinNetOf}/ns/net`, '--', ...become];
}

function joinCgroups(child: Started, { cgroupFolders, processFile }: BubblewrapPlan): void {
  try {
    if (processFile !== undefined) return noteProgram(processFile, child.pid);
    for (const folder of cgroupFolders) writeFileSync(`${folder}/cgroup.procs`, String(child.pid));
  } catch (cause) {
    child.kill('SIGKILL');
    throw new SlowLaneError('sandbox.failed', `a program could not be put under its limits: ${String(cause)}`, {
      cause,
    });
  }
}

function watch(child: Started, plan: BubblewrapPlan): BwrapProcess {
  const [args, status, , hold] = child.extra as [Duplex, Duplex, null, Duplex | undefined];
  for (const pipe of [args, status, hold]) pipe?.on('error', () => undefined);
  const held = plan.isHeld ? ['--block-fd', '6'] : [];
  args.end([...plan.bwrapArgs, '--seccomp', '5', '--json-status-fd', '4', ...held, ''].join('\0'));
  let text = '';
  let initPid: number | undefined;
  const started = new Promise<number | undefined>((resolve) => {
    status.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (initPid !== undefined) return;
      initPid = fieldOf(text, 'child-pid');
      if (initPid === undefined) return;
      if (plan.processFile !== undefined) noteProgram(plan.processFile, initPid);
      resolve(initPid);
    });
    status.on('close', () => resolve(initPid));
  });
  const closed = new Promise<void>((resolve) => status.once('close', () => resolve()));
  return {
    initPid: started,
    exited: Promise.all([child.exited, closed]).then(([exit]): Ended => ({
      exit,
      exitCode: fieldOf(text, 'exit-code'),
    })),
    release: () => void hold?.end('x'),
    kill: () => {
      // Killing its pid 1 ends the whole namespace; bwrap itself reports and ends after it.
      if (initPid === undefined || !kill(initPid)) child.kill('SIGKILL');
    },
  };
}

function fieldOf(text: string, name: string): number | undefined {
  const match = new RegExp(`"${name}":\\s*(\\d+)`).exec(text);
  return match === null ? undefined : Number(match[1]);
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
