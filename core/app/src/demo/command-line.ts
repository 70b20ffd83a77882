import { join } from 'node:path';
import { callerEnvironment } from '@slowlane/config';
import { type Failure, SlowLaneError } from '@slowlane/contracts';
import { run, start } from '@slowlane/process';

/** The public command line as a subprocess: the demo has no other way in than its users have. */
export interface CommandLine {
  /** Runs `slowlane … --json` and gives the document; a failure becomes the error it names. */
  json<T>(...args: string[]): Promise<T>;
  /** Runs any program, its output line by line to `note`; resolves to its exit code. */
  live(
    argv: string[],
    options: { cwd: string; note(line: string): void; env?: Record<string, string> },
  ): Promise<number>;
  withToken(token: string): CommandLine;
}

export function createCommandLine(repository: string, extra: Record<string, string>): CommandLine {
  const env = { ...callerEnvironment(), ...extra };
  return {
    async json<T>(...args: string[]) {
      const result = await run([join(repository, 'slowlane'), ...args, '--json'], {
        env,
        maxOutputBytes: 64 * 1_048_576,
      });
      const document = parse(result.stdout, `slowlane ${args.join(' ')}`, result.stderr);
      if (result.ok) return document as T;
      throw (
        failureIn(document) ??
        new SlowLaneError(
          'platform.unexpected',
          `slowlane ${args.join(' ')} ended with ${result.exitCode}: ${result.stderr.slice(-2_000)}`,
        )
      );
    },
    live: (argv, options) => runLive(argv, { ...options, env: { ...env, ...options.env } }),
    withToken: (token) => createCommandLine(repository, { ...extra, SLOWLANE_TOKEN: token }),
  };
}

function parse(text: string, what: string, stderr: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SlowLaneError('platform.unexpected', `${what} printed no JSON: ${(text || stderr).slice(-2_000)}`, {
      cause,
    });
  }
}

function failureIn(document: unknown): SlowLaneError | undefined {
  const failure = (document as { error?: Failure } | null)?.error;
  return failure === undefined ? undefined : SlowLaneError.from(failure);
}

async function runLive(
  argv: string[],
  options: { cwd: string; note(line: string): void; env: Record<string, string> },
): Promise<number> {
  const child = start(argv, { cwd: options.cwd, env: options.env, stdin: 'ignore', ownGroup: true });
  const stop = () => child.kill('SIGINT');
  process.once('SIGINT', stop);
  for (const stream of [child.stdout, child.stderr]) noteLines(stream, options.note);
  const ended = await child.ended;
  process.off('SIGINT', stop);
  return ended.exitCode ?? 1;
}

function noteLines(stream: NodeJS.ReadableStream | null, note: (line: string) => void): void {
  let rest = '';
  stream?.on('data', (bytes: Buffer) => {
    const lines = (rest + bytes.toString('utf8')).split(/\r?\n|\r/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') note(line);
  });
  stream?.on('end', () => rest.trim() !== '' && note(rest));
}
