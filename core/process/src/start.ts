import { accessSync, constants } from 'node:fs';
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { Duplex, Readable, Writable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';

export interface StartOptions {
  cwd?: string;
  /** The whole environment; default empty. */
  env?: Readonly<Record<string, string>>;
  /** Adds this process's own environment below `env`. Never for a stranger's program. */
  inheritEnv?: boolean;
  /** Default `ignore`. A number is an open descriptor that the program gets a copy of. */
  stdin?: 'pipe' | 'ignore' | number;
  /** Default `pipe`. */
  stdout?: 'pipe' | 'ignore' | 'inherit' | number;
  /** Default `pipe`. */
  stderr?: 'pipe' | 'ignore' | 'inherit' | number;
  /** Descriptors 3, 4, …: a pipe to us, nothing, or a copy of an open descriptor. */
  extra?: readonly ('pipe' | 'ignore' | number)[];
  uid?: number;
  gid?: number;
  /** Makes it the leader of a session and process group of its own: `kill` then reaches the group, and Ctrl-C does not. */
  ownGroup?: boolean;
}

export interface Started {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** `extra[0]` is descriptor 3; null where it is no pipe. */
  readonly extra: readonly (Duplex | null)[];
  /** When the process has ended; its pipes may still hold bytes. Never rejects. */
  readonly exited: Promise<Exit>;
  /** When it has ended and all its pipes are closed. Never rejects. */
  readonly ended: Promise<Exit>;
  /** False when there was nothing left to signal. */
  kill(signal?: NodeJS.Signals): boolean;
}

export interface Exit {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * Starts a program that lives beside us, with streams. Throws `ground.missing` when the program does not exist or may not be
 * executed, `platform.unexpected` for any other failure to start.
 */
export function start(argv: readonly string[], options: StartOptions = {}): Started {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('start: argv is empty');
  const child = spawn(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...(options.inheritEnv === true ? ownEnvironment() : {}), ...options.env },
    stdio: stdioOf(options),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
    detached: options.ownGroup === true,
  });
  const { exited, ended } = watch(child);
  if (child.pid === undefined) throw notStarted(file);
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    extra: (child.stdio as readonly (Duplex | null)[]).slice(3),
    exited,
    ended,
    kill: (signal = 'SIGTERM') => kill(child, { signal, group: options.ownGroup === true }),
  };
}

/** Handed on, not read: what it means to us is for core/config to say. */
function ownEnvironment(): NodeJS.ProcessEnv {
  // eslint-disable-next-line no-restricted-properties -- see above
  return process.env;
}

function stdioOf(options: StartOptions): StdioOptions {
  return [
    options.stdin ?? 'ignore',
    options.stdout ?? 'pipe',
    options.stderr ?? 'pipe',
    ...(options.extra ?? []),
  ] as StdioOptions;
}

function watch(child: ChildProcess): { exited: Promise<Exit>; ended: Promise<Exit> } {
  const once = (event: 'exit' | 'close'): Promise<Exit> =>
    new Promise((resolve) => child.once(event, (exitCode, signal) => resolve({ exitCode, signal })));
  const result = { exited: once('exit'), ended: once('close') };
  // A failure to start is thrown from `start`; a failed kill is the return value of `kill`.
  child.on('error', () => undefined);
  return result;
}

function notStarted(file: string): SlowLaneError {
  // Node tells the reason only in a later event; a path that can be executed leaves the limits of this machine as the cause.
  const code = file.includes('/') && canExecute(file) ? 'platform.unexpected' : 'ground.missing';
  return new SlowLaneError(code, `cannot start ${file}`);
}

function canExecute(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function kill(child: ChildProcess, how: { signal: NodeJS.Signals; group: boolean }): boolean {
  if (!how.group) return child.kill(how.signal);
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false;
  try {
    return process.kill(-child.pid, how.signal);
  } catch {
    return false;
  }
}
