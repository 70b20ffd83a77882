import { closeSync, constants, mkdirSync, openSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { run } from './run.ts';

/**
 * Real pipes for a program's standard streams. What Node calls a pipe is a socket, and opening `/dev/stderr` or `/dev/stdin`
 * of a socket fails: half of all shell scripts would break.
 */
export interface FifoPool {
  /** Pipe that we read: give `theirs` to the program, then close it. */
  output(): Promise<{ ours: Readable; theirs: number }>;
  /** Pipe that we write. */
  input(): Promise<{ ours: Writable; theirs: number }>;
}

let made = 0;

/** `folder` belongs to the pool; `batch` names are made at a time. */
export function fifoPool(folder: string, batch = 24): FifoPool {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`, { force: true });
  const ready: string[] = [];
  let filling: Promise<void> | undefined;
  const fill = async (): Promise<void> => {
    const names = Array.from({ length: batch }, () => `${folder}/${process.pid}-${made++}`);
    // 0666: inside, the slot's uid may open its own /dev/stdout again. The name is gone before any program starts.
    const result = await run(['/usr/bin/mkfifo', '-m', '0666', '--', ...names]);
    if (!result.ok)
      throw new SlowLaneError('platform.unexpected', `mkfifo in ${folder}: ${result.startError ?? result.stderr}`);
    ready.push(...names);
  };
  const refill = (): Promise<void> => (filling ??= fill().finally(() => (filling = undefined)));
  const take = async (): Promise<string> => {
    while (ready.length === 0) await refill();
    if (ready.length < batch / 2) refill().catch(() => undefined);
    return ready.shift() as string;
  };
  return {
    output: async () => openOutput(await take()),
    input: async () => openInput(await take()),
  };
}

function openOutput(name: string): { ours: Readable; theirs: number } {
  const ours = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  const theirs = openSync(name, constants.O_WRONLY);
  unlinkSync(name);
  return { ours: new Socket({ fd: ours, readable: true, writable: false }), theirs };
}

function openInput(name: string): { ours: Writable; theirs: number } {
  // A write end cannot be opened before a read end, and the program's read end must not be non-blocking.
  const first = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  const ours = openSync(name, constants.O_WRONLY | constants.O_NONBLOCK);
  const theirs = openSync(name, constants.O_RDONLY);
  closeSync(first);
  unlinkSync(name);
  return { ours: new Socket({ fd: ours, readable: false, writable: true }), theirs };
}
