import { dirname } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { type SimpleGit, simpleGit } from 'simple-git';

/** Which git, on which bare repository. */
export interface GitPlace {
  dir: string;
  gitPath: string;
}

export interface GitOptions {
  /** Given to the program's stdin. */
  input?: Buffer | string;
  /** More output than this ends the program: `source.too-large`. Default 64 MiB. */
  maxOutputBytes?: number;
  signal?: AbortSignal;
  /** Ends the program when it is silent for this long. */
  silenceMs?: number;
  /** `file`; nothing is allowed by default. */
  protocol?: string;
}

/** What a run of git said when it failed: for `mapGitFailure`. */
export class GitFailure extends Error {
  override readonly name = 'GitFailure';
  readonly wasAborted: boolean;
  constructor(message: string, wasAborted: boolean) {
    super(message);
    this.wasAborted = wasAborted;
  }
}

/** Runs git on a repository that strangers filled, with nothing of the machine's own configuration. Throws `GitFailure`. */
export function runGit(place: GitPlace, argv: readonly string[], options: GitOptions = {}): Promise<string> {
  return guarded(place, options, (git) => git.raw([...argv]));
}

/** `git cat-file` with bytes as they are. */
export function catFile(place: GitPlace, argv: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  return guarded(place, options, (git) => git.binaryCatFile([...argv]) as Promise<Buffer>);
}

/**
 * `sandbox.md` §17: no hooks, no fsmonitor (it runs a program named in the repository's configuration), no credential helper,
 * every object checked on its way in, no redirects (they leave the host that was checked), no automatic gc.
 */
export const hardened: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'credential.helper=',
  'transfer.fsckObjects=true',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'http.followRedirects=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=30',
  'gc.auto=0',
  'maintenance.auto=false',
  'core.quotePath=false',
];

async function guarded<T>(place: GitPlace, options: GitOptions, call: (git: SimpleGit) => Promise<T>): Promise<T> {
  const maxOutputBytes = options.maxOutputBytes ?? 64 * 1024 ** 2;
  const tooMuch = new AbortController();
  const signal = options.signal === undefined ? tooMuch.signal : AbortSignal.any([options.signal, tooMuch.signal]);
  const git = create(place, options, signal);
  // A tree that names itself can list files without end: stop at the limit, not when memory is full.
  git.outputHandler((_command, stdout) => {
    let bytes = 0;
    stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxOutputBytes) tooMuch.abort();
    });
  });
  try {
    return await Promise.race([call(git), aborted(signal)]);
  } catch (error) {
    if (tooMuch.signal.aborted) {
      throw new SlowLaneError('source.too-large', `git wrote more than ${maxOutputBytes} bytes`, { cause: error });
    }
    throw new GitFailure(error instanceof Error ? error.message : String(error), options.signal?.aborted === true);
  }
}

/**
 * Rejects when the signal fires. simple-git ends git itself, but waits for its pipes, and the transport helper that git leaves behind
 * holds them until it has noticed (`http.lowSpeedTime`).
 */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(new Error('git was stopped'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function create(place: GitPlace, options: GitOptions, signal: AbortSignal): SimpleGit {
  const environment = environmentOf(place, options.protocol ?? 'none');
  return simpleGit({
    baseDir: place.dir,
    binary: place.gitPath,
    config: [...hardened],
    abort: signal,
    // The default takes a program for done 50 ms after its exit, whether or not its output has been read.
    completion: { onClose: true, onExit: false },
    // The default takes a failure without words for a success.
    errors: (error, result) => error ?? (result.exitCode === 0 ? undefined : failureText(result)),
    ...(options.input === undefined ? {} : { input: () => options.input }),
    ...(options.silenceMs === undefined ? {} : { timeout: { block: options.silenceMs } }),
    allowEnvironment: Object.keys(environment),
    // simple-git refuses these settings from strangers; here they are our own, and close what they could open.
    unsafe: {
      allowUnsafeHooksPath: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeCredentialHelper: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeTemplateDir: true,
    },
  }).env(environment);
}

function failureText(result: { exitCode: number; stdErr: Buffer[] }): Buffer {
  const text = Buffer.concat(result.stdErr);
  return text.length > 0 ? text : Buffer.from(`git ended with code ${result.exitCode}`);
}

/** The whole environment: nothing is inherited. */
function environmentOf(place: GitPlace, protocol: string): Record<string, string> {
  return { PATH: `${dirname(place.gitPath)}:/usr/bin:/bin`, ...gitEnvironment(place.dir, protocol) };
}

/** Without PATH. `protocol`: the only one that is allowed. */
export function gitEnvironment(dir: string, protocol: string): Record<string, string> {
  return {
    HOME: '/nonexistent',
    LANG: 'C.UTF-8',
    GIT_DIR: dir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
  };
}
