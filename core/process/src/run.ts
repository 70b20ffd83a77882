import type { Readable } from 'node:stream';

export interface RunOptions {
  cwd?: string;
  /** The whole environment; default empty. */
  env?: Readonly<Record<string, string>>;
  /** Adds this process's own environment below `env`. Never for a stranger's program. */
  inheritEnv?: boolean;
  input?: string | Uint8Array | Readable;
  /** TERM after this many milliseconds, KILL 2 s later. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Per stream; a program that writes more is ended. Default 16 MiB. */
  maxOutputBytes?: number;
  uid?: number;
  gid?: number;
}

/** Success and failure have one shape; the flags say why it ended. */
export interface RunResult {
  argv: readonly string[];
  /** Started, and ended by itself with code 0. */
  ok: boolean;
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  stdoutBytes: Uint8Array;
  timedOut: boolean;
  isCanceled: boolean;
  /** It wrote more than `maxOutputBytes`; what it wrote before is kept. */
  isOutputCut: boolean;
  /** `ENOENT`, `EACCES`, …: it never ran. */
  startError: string | null;
  durationMs: number;
}

/** Runs a program to its end and gives its output. Never rejects for anything the program does, nor when it does not exist. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('run: argv is empty');
  // Loaded when first used: half of our processes only start long-lived programs, and it costs them 60 ms and 10 MB.
  const { execa } = await import('execa');
  const result = await execa(file, args, {
    ...pick(options),
    env: { ...options.env },
    extendEnv: options.inheritEnv === true,
    encoding: 'buffer',
    reject: false,
    stripFinalNewline: false,
    forceKillAfterDelay: 2_000,
    maxBuffer: options.maxOutputBytes ?? 16 * 1_048_576,
  });
  return {
    argv,
    ok: !result.failed,
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    stdout: textOf(result.stdout),
    stderr: textOf(result.stderr),
    stdoutBytes: bytesOf(result.stdout),
    timedOut: result.timedOut,
    isCanceled: result.isCanceled,
    isOutputCut: result.isMaxBuffer,
    startError: startErrorOf(result),
    durationMs: result.durationMs,
  };
}

function pick(options: RunOptions): object {
  return {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...inputOf(options.input),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  };
}

function inputOf(input: RunOptions['input']): object {
  if (input === undefined) return { stdin: 'ignore' };
  return typeof input === 'object' && 'pipe' in input ? { stdin: ['pipe', input] } : { input };
}

function startErrorOf(result: object): string | null {
  const { code, exitCode, signal } = result as { code?: string; exitCode?: number; signal?: string };
  return code !== undefined &&
    exitCode === undefined &&
    signal === undefined &&
    code.startsWith('E') &&
    !code.startsWith('ERR_')
    ? code
    : null;
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}

function textOf(value: unknown): string {
  return Buffer.from(bytesOf(value)).toString('utf8');
}
