import { existsSync, readFileSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { SandboxEnd, SupervisedEnd } from '@slowlane/contracts';
import { fifoPool } from '@slowlane/process';
import { openCgroups } from './cgroup/open-cgroups.ts';
import type { Isolation } from './isolation.ts';
import { makePaths } from './paths.ts';
import { startProgram } from './program.ts';
import type { Program } from './program.ts';
import { openRecord } from './record.ts';
import { openSlots } from './slots.ts';
import type { SupervisorTask } from './supervisor.ts';
import { teardown } from './teardown.ts';

/** The body of a supervisor: a process of its own per supervised program. `taskFile` holds a `SupervisorTask`. */
export async function superviseTask(
  taskFile: string,
  isolate: (task: SupervisorTask) => Pick<Isolation, 'launch' | 'discard'>,
): Promise<void> {
  process.on('SIGHUP', () => undefined);
  process.stdout.on('error', () => undefined); // whoever started us may be gone before it hears that the program runs
  try {
    const task = JSON.parse(readFileSync(taskFile, 'utf8')) as SupervisorTask;
    await supervise(task, isolate(task));
  } catch (error) {
    process.stdout.write(`${String(error)}\n`);
    process.exitCode = 1;
    console.error(error);
  }
}

async function supervise(task: SupervisorTask, isolation: Pick<Isolation, 'launch' | 'discard'>): Promise<void> {
  const paths = makePaths(task.stateDir);
  const cgroups = openCgroups(paths);
  const cgroup = cgroups.open(task.id);
  const record = openRecord(task.recordDir, task.caller);
  const startedAt = Date.now();
  const program = await startProgram({
    launch: (means) => isolation.launch(task.plan, means),
    limits: task.limits,
    cgroup,
    fifos: fifoPool(`${paths.sandboxes}/${task.id}/fifos`, 2),
    work: task.work,
    gateway: task.socketPath === undefined ? undefined : { ...task, socketPath: task.socketPath },
    hasStdin: false,
    onFull: 'cut',
  });
  const logged = Promise.all([writeAll(program.stdout, record.stdout), writeAll(program.stderr, record.stderr)]);
  if ((await program.initPid) !== undefined) {
    record.write('started.json', { startedAt, supervisor: process.pid });
    process.stdout.write('running\n');
  }
  const end = await endOfProgram(program);
  await cgroup.kill();
  await logged;
  try {
    record.write('ended.json', supervisedEnd(end, startedAt, existsSync(`${paths.sandboxes}/${task.id}/cancelled`)));
  } finally {
    await teardown({ paths, cgroups, slots: openSlots(paths.slots, task.slots), isolation }, task.id);
  }
}

/** A program that was ended by signal after `kill` was cancelled; one that answered TERM with a code of its own has just ended. */
function supervisedEnd(end: SandboxEnd, startedAt: number, isCancelled: boolean): SupervisedEnd {
  const reason = isCancelled && end.reason === 'signal' ? 'cancelled' : end.reason;
  return { ...end, reason, startedAt, endedAt: Date.now() };
}

/** A sandbox that could not be set up is an end too: the caller waits for one. */
async function endOfProgram(program: Program): Promise<SandboxEnd> {
  try {
    return await program.done;
  } catch (error) {
    process.stdout.write(`${String(error)}\n`);
    const usage = { wallMs: 0, cpuMs: 0, maxMemoryBytes: 0, oomKills: 0, pidsHits: 0, bytesOut: 0 };
    return { reason: 'driver-lost', code: null, signal: null, usage };
  }
}

function writeAll(source: Readable, descriptor: number): Promise<void> {
  source.on('data', (chunk: Buffer) => {
    for (let written = 0; written < chunk.length;) written += writeSync(descriptor, chunk, written);
  });
  return new Promise((resolve) => source.once('close', resolve));
}
