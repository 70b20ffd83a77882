import type { Running, Sandbox, SandboxCommand, SandboxSpec } from '@slowlane/contracts';
import { SlowLaneError } from '@slowlane/contracts';
import { checkCommand } from './check-spec.ts';
import { collect } from './collect.ts';
import type { Context } from './context.ts';
import type { LaunchPlan } from './isolation.ts';
import { prepare } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import { startProgram } from './program.ts';
import type { Program } from './program.ts';
import { teardown } from './teardown.ts';
import { mountImage, unmount } from './work-volume.ts';

/** Makes a sandbox whose programs are children of this process. */
export async function createSandbox(context: Context, spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox> {
  const prepared = await prepare(context, spec, signal);
  const running = new Set<Program>();
  let destroyed: Promise<void> | undefined;
  const track = (program: Program): Program => {
    running.add(program);
    program.done.catch(() => undefined).finally(() => running.delete(program));
    return program;
  };
  const killAll = async (): Promise<void> => {
    const programs = [...running];
    for (const program of programs) program.stop('cancelled');
    await prepared.cgroup.kill();
    await Promise.allSettled(programs.map((program) => program.done));
  };
  const mustBeStill = (call: string): void => {
    mustLive(call);
    if (running.size > 0)
      throw new SlowLaneError('sandbox.refused', `${call}: ${spec.id} has running programs`, {
        hint: 'Call killAll first.',
      });
  };
  const mustLive = (call: string): void => {
    if (destroyed !== undefined) throw new SlowLaneError('sandbox.refused', `${call}: ${spec.id} is destroyed`);
  };
  return {
    id: spec.id,
    async exec(command) {
      mustLive('exec');
      return runningOf(track(await execIn(context, prepared, command)));
    },
    killAll,
    async collect(globs) {
      mustBeStill('collect');
      return collect({ context, prepared, globs, track });
    },
    async snapshot(key) {
      mustBeStill('snapshot');
      await keepSnapshot(context, prepared, key);
    },
    destroy: () => (destroyed ??= killAll().then(async () => void (await teardown(context, spec.id)))),
  };
}

export async function planOf(context: Context, prepared: Prepared, command: SandboxCommand): Promise<LaunchPlan> {
  checkCommand(command, context.allowsHostNetwork);
  return prepared.arrangement.plan(command);
}

async function execIn(context: Context, prepared: Prepared, command: SandboxCommand): Promise<Program> {
  const plan = await planOf(context, prepared, command);
  return startProgram({
    launch: (means) => context.isolation.launch(plan, means),
    limits: prepared.spec.limits,
    cgroup: prepared.cgroup,
    fifos: context.fifos,
    work: prepared.work,
    gateway: command.net.mode === 'gateway' ? { ...context, socketPath: command.net.socketPath } : undefined,
    hasStdin: true,
    onFull: 'stop',
  });
}

function runningOf(program: Program): Running {
  if (program.stdin === null) throw new Error('an attached program has a stdin');
  return { stdin: program.stdin, stdout: program.stdout, stderr: program.stderr, done: program.done };
}

async function keepSnapshot(context: Context, prepared: Prepared, key: string): Promise<void> {
  const { volume, spec, owner } = prepared;
  if (volume?.image === undefined) {
    context.logger.warn({ sandbox: spec.id }, 'this machine keeps no snapshots: the work volume is no image');
    return;
  }
  // Unmounted, the image holds all that was written, and its file system is whole.
  await unmount(volume.folder, 'synced');
  try {
    await context.snapshots.keep(key, volume.image, {
      bytes: spec.limits.workBytes,
      inodes: spec.limits.workInodes,
      uid: owner.uid,
    });
  } finally {
    await mountImage(volume.image, volume.folder);
  }
}
