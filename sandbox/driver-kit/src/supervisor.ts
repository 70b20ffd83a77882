import { closeSync, constants, fstatSync, openSync, realpathSync, writeFileSync } from 'node:fs';
import { SlowLaneError } from '@slowlane/contracts';
import type { SandboxCommand, SandboxLimits, SandboxSpec } from '@slowlane/contracts';
import { start } from '@slowlane/process';
import type { Context } from './context.ts';
import type { LaunchPlan } from './isolation.ts';
import { setOwner } from './ownership.ts';
import { prepare } from './prepare.ts';
import { planOf } from './sandbox.ts';
import { teardown } from './teardown.ts';

/** What a supervisor is handed in a file. */
export interface SupervisorTask {
  id: string;
  stateDir: string;
  slots: { firstUid: number; count: number };
  caller: { uid: number; gid: number };
  nodePath: string;
  plan: LaunchPlan;
  limits: SandboxLimits;
  recordDir: string;
  work?: string | undefined;
  socketPath?: string | undefined;
}

/** Prepares the sandbox and hands it to a process of its own, which outlives this one. Returns when the program runs. */
export async function supervise(
  context: Context,
  spec: SandboxSpec,
  how: { command: SandboxCommand; recordDir: string },
): Promise<void> {
  checkRecordDir(how.recordDir, context.caller.uid);
  const prepared = await prepare(context, spec);
  try {
    const task: SupervisorTask = {
      id: spec.id,
      stateDir: context.paths.state,
      slots: context.slots.range,
      caller: context.caller,
      nodePath: context.nodePath,
      plan: await planOf(context, prepared, how.command),
      limits: spec.limits,
      recordDir: how.recordDir,
      work: prepared.work,
      socketPath: how.command.net.mode === 'gateway' ? how.command.net.socketPath : undefined,
    };
    await startSupervisor(context, task);
  } catch (error) {
    await teardown(context, spec.id);
    throw error;
  }
}

async function startSupervisor(context: Context, task: SupervisorTask): Promise<void> {
  const folder = `${context.paths.sandboxes}/${task.id}`;
  writeFileSync(`${folder}/task.json`, JSON.stringify(task), { mode: 0o600 });
  const log = openSync(`${context.paths.state}/supervisors.log`, 'a', 0o600);
  const child = start([context.nodePath, '--no-warnings', context.isolation.supervisorMain, `${folder}/task.json`], {
    stdout: 'pipe',
    stderr: log,
    ownGroup: true,
    // Compiled code is kept: a supervisor is ready in half the time.
    env: { NODE_COMPILE_CACHE: `${context.paths.state}/compile-cache` },
    cwd: '/',
  });
  closeSync(log);
  setOwner(context.paths.sandboxes, task.id, { pid: child.pid, isSupervisor: true });
  const answer = await new Promise<string>((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text.trim());
    });
    child.stdout?.on('close', () => resolve(text.trim()));
  });
  child.stdout?.destroy();
  if (answer === 'running') return;
  await child.exited;
  throw new SlowLaneError('sandbox.failed', `the supervisor of ${task.id} did not start its program: ${answer}`);
}

/** The record folder must be the caller's own: root writes there. */
function checkRecordDir(recordDir: string, uid: number): void {
  let descriptor: number;
  try {
    if (realpathSync(recordDir) !== recordDir) throw new Error('it is reached through a link');
    descriptor = openSync(recordDir, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (cause) {
    throw new SlowLaneError(
      'sandbox.refused',
      `recordDir: ${recordDir} is no folder that can be opened: ${String(cause)}`,
      { cause },
    );
  }
  const owner = fstatSync(descriptor).uid;
  closeSync(descriptor);
  if (owner !== uid)
    throw new SlowLaneError(
      'sandbox.refused',
      `recordDir: ${recordDir} belongs to uid ${owner}, not to the caller ${uid}`,
    );
}
