import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  type GitGateway,
  type RootSpec,
  type Running,
  type Sandbox,
  type SandboxCommand,
  type SandboxDriver,
  type SandboxEnd,
  SlowLaneError,
} from '@slowlane/contracts';
import { GitFailure, gitEnvironment, hardened } from './git.ts';
import type { SourceLimits } from './source-tree.ts';

/** Where git runs when it speaks to a stranger's server. */
export interface FetchSandbox {
  driver: SandboxDriver;
  /** Must hold `/usr/bin/git`. */
  root(): RootSpec;
  gateway: GitGateway;
}

/** git in a sandbox of its own, with a bare repository in `/work`. */
export interface SandboxedGit {
  /** Gives at most `maxBytes` of what it says. Throws `GitFailure`, `source.too-large`, `source.unreachable`. */
  run(argv: readonly string[], options: SandboxedRun & { maxBytes: number }): Promise<string>;
  /** Another program, by the same rules; `argv[0]` is its absolute path. */
  program(argv: readonly string[], options: SandboxedRun & { maxBytes: number }): Promise<string>;
  /** What it writes goes to `take` while it runs; how it ended counts more than what `take` makes of it. */
  stream(argv: readonly string[], options: SandboxedRun, take: (output: Readable) => Promise<void>): Promise<void>;
  /** A file for its owner alone, in `/work`. */
  write(path: string, text: string): Promise<void>;
  /** A folder with all in it. */
  remove(path: string): Promise<void>;
  destroy(): Promise<void>;
}

export interface SandboxedRun {
  net: SandboxCommand['net'];
  input?: string;
}

/** The volume holds the pack, its index and what git makes of both. */
const WORK_FACTOR = 3;
const MEBIBYTE = 1024 ** 2;
const MAX_WORDS = 16_384;

/** Makes the sandbox; the signal, and the end of the time, end every process in it. */
export async function openFetchSandbox(
  { driver, root }: FetchSandbox,
  options: { limits: SourceLimits; timeoutMs: number; signal: AbortSignal; env: Readonly<Record<string, string>> },
): Promise<SandboxedGit> {
  const { limits, timeoutMs, signal, env } = options;
  const sandbox = await driver.create(
    {
      id: `fetch-${randomBytes(8).toString('hex')}`,
      root: root(),
      mounts: [],
      env: { ...gitEnvironment('/work/repository.git', 'http'), ...env, PATH: '/usr/bin:/bin' },
      limits: {
        wallMs: timeoutMs,
        memoryBytes: 1024 * MEBIBYTE,
        pids: 64,
        cpus: 2,
        workBytes: WORK_FACTOR * limits.maxBytes + 64 * MEBIBYTE,
        workInodes: 10_000,
        outputBytes: limits.maxBytes + MEBIBYTE,
        tmpBytes: 16 * MEBIBYTE,
      },
      work: { kind: 'volume' },
      identity: 'slot',
    },
    signal,
  );
  const end = (): void => void sandbox.killAll().catch(() => undefined);
  signal.addEventListener('abort', end, { once: true });
  const stream = async (
    argv: readonly string[],
    how: SandboxedRun,
    take: (output: Readable) => Promise<void>,
  ): Promise<void> => {
    const running = await start(sandbox, argv, how);
    const [taken, words, ended] = await Promise.allSettled([
      take(running.stdout).finally(() => running.stdout.resume()),
      textOf(running.stderr, MAX_WORDS),
      running.done,
    ]);
    if (ended.status === 'rejected') throw ended.reason;
    judge(ended.value, words.status === 'fulfilled' ? words.value : '', signal);
    if (taken.status === 'rejected') throw taken.reason;
  };
  const say = async (argv: readonly string[], how: SandboxedRun & { maxBytes: number }, what: string) => {
    let text = '';
    await stream(argv, how, async (output) => {
      text = await textOf(output, how.maxBytes, what);
    });
    return text;
  };
  return {
    run: (argv, how) => say(gitCommand(argv), how, `git ${argv[0]}`),
    program: (argv, how) => say(argv, how, String(argv[0])),
    stream: (argv, how, take) => stream(gitCommand(argv), how, take),
    write: (path, text) =>
      plainly(sandbox, ['/bin/sh', '-c', 'umask 077 && mkdir -p "${1%/*}" && cat >"$1"', 'write', path], text),
    remove: (path) => plainly(sandbox, ['/bin/rm', '-rf', '--', path], ''),
    async destroy() {
      signal.removeEventListener('abort', end);
      await sandbox.destroy();
    },
  };
}

function gitCommand(argv: readonly string[]): string[] {
  return ['/usr/bin/git', ...hardened.flatMap((setting) => ['-c', setting]), ...argv];
}

async function start(sandbox: Sandbox, argv: readonly string[], { net, input }: SandboxedRun): Promise<Running> {
  const running = await sandbox.exec({
    argv: [...argv],
    cwd: '/work',
    net,
  });
  running.stdin.on('error', () => undefined).end(input ?? '');
  return running;
}

/** A program without network and without words. */
async function plainly(sandbox: Sandbox, argv: readonly string[], input: string): Promise<void> {
  const running = await sandbox.exec({ argv: [...argv], cwd: '/work', net: { mode: 'none' } });
  running.stdin.on('error', () => undefined).end(input);
  running.stdout.resume();
  running.stderr.resume();
  const { reason, code } = await running.done;
  if (reason !== 'exit' || code !== 0) throw new GitFailure(`${argv[0]} ended with ${reason} ${code ?? ''}`, false);
}

function judge(end: SandboxEnd, words: string, signal: AbortSignal): void {
  if (end.reason === 'exit' && end.code === 0) return;
  if (signal.aborted || end.reason === 'cancelled') throw new GitFailure('git was stopped', true);
  if (end.reason === 'timeout' || end.reason === 'idle') throw new GitFailure('git took too long', true);
  if (end.reason === 'disk' || end.reason === 'output' || /No space left/i.test(words))
    throw new SlowLaneError('source.too-large', 'the repository sends more than a source may have');
  if (end.reason === 'oom' || end.reason === 'pids')
    throw new SlowLaneError('source.too-large', `git met a limit of the fetch sandbox: ${end.reason}`);
  throw new GitFailure(words.trim() || `git ended with ${end.reason} ${end.code ?? end.signal ?? ''}`, false);
}

/** Reads to the end, so that the program can go on; more than `maxBytes` is dropped, or refused where `what` says so. */
async function textOf(output: Readable, maxBytes: number, what?: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of output as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  if (bytes > maxBytes && what !== undefined)
    throw new SlowLaneError('source.too-large', `${what} wrote more than ${maxBytes} bytes`);
  return Buffer.concat(chunks).toString('utf8');
}
