import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callerEnvironment, readEnvironment } from '@slowlane/config';
import { createClient, type SlowLaneClient } from '@slowlane/client';
import type { UpView } from '@slowlane/cli';
import type { TokenCreated } from '@slowlane/contracts';
import { run, type RunResult } from '@slowlane/process';
import { freePort } from '../processes/free-port.ts';
import { repository } from '../processes/installation.ts';
import type { OrdinaryUser } from './__fixtures__/ordinary-user.ts';

/** A whole Slow Lane of its own: state folder, ports and processes that no other test shares. */
export interface TestInstallation {
  home: string;
  url: string;
  /** Folder for the test's own files. */
  folder: string;
  env: Record<string, string>;
  /** `./slowlane ARGS`, as a user runs it. */
  slowlane(...args: string[]): Promise<RunResult>;
  /** The same with --json; throws what is printed when it fails. */
  json<T>(...args: string[]): Promise<T>;
  /** Any program of the user's, with the user's environment. */
  user(argv: string[], options?: { cwd?: string; env?: Record<string, string> }): Promise<RunResult>;
  up(): Promise<UpView>;
  token(...scopes: string[]): Promise<TokenCreated>;
  client(token: string): SlowLaneClient;
  close(): Promise<void>;
}

/** `user`: the account that it belongs to and that runs `./slowlane`; otherwise it is the caller's. */
export async function createTestInstallation(yaml = '', user?: OrdinaryUser): Promise<TestInstallation> {
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-e2e-'));
  const home = join(folder, 'home');
  mkdirSync(home);
  // What an engine binds must lie where all may pass; every other installation is below a closed folder, as in somebody's home.
  if (/driver: (docker|podman)/.test(yaml)) chmodSync(folder, 0o711);
  const [port, workspacePort] = [await freePort(), await freePort()];
  const config = join(home, 'slowlane.yaml');
  writeFileSync(
    config,
    `listen: { port: ${port} }\nworkspaces: { local: { kind: local, port: ${workspacePort} } }\n${yaml}`,
  );
  if (user !== undefined) for (const path of [folder, home, config]) chownSync(path, user.uid, user.gid);
  const env = {
    ...callerEnvironment(),
    ...(user === undefined ? {} : { HOME: user.home }),
    SLOWLANE_HOME: home,
    SLOWLANE_GROUND: readEnvironment().ground,
    SLOWLANE_CONFIG: config,
    SLOWLANE_URL: '',
    SLOWLANE_TOKEN: '',
  };
  const url = `http://127.0.0.1:${port}`;
  const program = join(repository, 'slowlane');
  const installation: TestInstallation = {
    home,
    url,
    folder,
    env,
    slowlane: (...args) =>
      run([...(user?.prefix ?? []), program, ...args], {
        env,
        timeoutMs: 600_000,
        maxOutputBytes: 64 * 1_048_576,
      }),
    async json<T>(...args: string[]) {
      const result = await installation.slowlane(...args, '--json');
      if (!result.ok)
        throw new Error(
          `slowlane ${args.join(' ')} exited with ${result.exitCode}\n${result.stdout}\n${result.stderr}`,
        );
      return JSON.parse(result.stdout) as T;
    },
    user: (argv, options = {}) =>
      run(argv, {
        ...options,
        env: { ...env, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null', ...gitAuthor, ...options.env },
        timeoutMs: 600_000,
        maxOutputBytes: 64 * 1_048_576,
      }),
    up: () => installation.json<UpView>('up'),
    token: (...scopes) =>
      installation.json<TokenCreated>('token', 'create', 'test', ...scopes.flatMap((scope) => ['--scope', scope])),
    client: (token) => createClient({ url, token }),
    async close() {
      await installation.slowlane('down', '--runs');
      // Below the state folder is the helper's own, which is root's.
      if (process.getuid?.() === 0) rmSync(folder, { recursive: true, force: true });
      else await run(['/usr/bin/sudo', '-n', '--', '/bin/rm', '-rf', folder]);
    },
  };
  return installation;
}

const gitAuthor = {
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.org',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.org',
};
