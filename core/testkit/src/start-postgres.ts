import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Started, run, start } from '@slowlane/process';
import type { FileHooks } from './start-redis.ts';

export interface TestPostgres {
  /** A new empty database; its URL. */
  createDatabase(): Promise<string>;
  /** `kill -9` of the server; its own children end with it. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same folder, after `kill`. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

const installed = '/usr/lib/postgresql';

/** A Postgres of the test's own: a folder and a Unix socket in it, no port, run by an ordinary user because it refuses root. */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = binaries();
  const account = ordinaryAccount();
  const dir = await mkdtemp(join(tmpdir(), 'slowlane-postgres-'));
  if (account.uid !== undefined && account.gid !== undefined) await chown(dir, account.uid, account.gid);
  // Other users of the machine may come to the socket, as they may to a port.
  await chmod(dir, 0o755);
  const data = join(dir, 'data');
  const options = { ...account, cwd: dir, env: { LANG: 'C.UTF-8', TZ: 'UTC' } };
  const setUp = ['--username=slowlane', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
  await mustRun([join(bin, 'initdb'), `--pgdata=${data}`, ...setUp], options);
  const launch = () => startServer({ bin, data, dir }, options);
  let server = await launch();
  let databases = 0;
  return {
    async createDatabase() {
      const name = `test${++databases}`;
      await mustRun([join(bin, 'createdb'), '--host', dir, '--username', 'slowlane', name], options);
      return `postgresql:///${name}?host=${encodeURIComponent(dir)}&user=slowlane`;
    },
    async kill() {
      server.kill('SIGKILL');
      await server.exited;
    },
    async restart() {
      server = await launch();
    },
    async stop() {
      // Immediate shutdown: it ends its children, which `kill -9` would leave to notice by themselves.
      server.kill('SIGQUIT');
      await server.exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** One Postgres for all tests of a file, with a database of its own for each. */
export function postgresForFile({ beforeAll, afterAll }: FileHooks): { readonly postgres: TestPostgres } {
  let started: TestPostgres | undefined;
  beforeAll(async () => {
    started = await startPostgres();
  });
  afterAll(async () => started?.stop());
  return {
    get postgres() {
      if (started === undefined) throw new Error('postgresForFile: used before the tests run');
      return started;
    },
  };
}

type Options = { uid?: number; gid?: number; cwd: string; env: Record<string, string> };

async function startServer(
  { bin, data, dir }: { bin: string; data: string; dir: string },
  options: Options,
): Promise<Started> {
  const settings = { listen_addresses: '', unix_socket_directories: dir, fsync: 'off', max_connections: '60' };
  const argv = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = start([join(bin, 'postgres'), '-D', data, ...argv], {
    ...options,
    stdout: 'ignore',
    stderr: 'ignore',
  });
  let exit: string | undefined;
  void server.exited.then(({ exitCode, signal }) => (exit = String(exitCode ?? signal)));
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    if (exit !== undefined) throw new Error(`postgres ended with ${exit}`);
    if ((await run([join(bin, 'pg_isready'), '--host', dir, '--quiet'], options)).ok) return server;
    await pause(50);
  }
  server.kill('SIGKILL');
  throw new Error('postgres did not answer within 60 s');
}

async function mustRun(argv: readonly string[], options: Options): Promise<void> {
  const result = await run(argv, { ...options, timeoutMs: 120_000 });
  if (!result.ok) throw new Error(`${argv[0]}: ${result.stderr || result.startError}`);
}

function binaries(): string {
  const versions = existsSync(installed) ? readdirSync(installed).sort((a, b) => Number(b) - Number(a)) : [];
  const folder = versions.map((name) => join(installed, name, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  if (folder === undefined) throw new Error('Postgres is not installed: apt-get install -y postgresql');
  return folder;
}

function ordinaryAccount(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const line = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (line === null) throw new Error('there is no user "nobody" to run Postgres as');
  return { uid: Number(line[1]), gid: Number(line[2]) };
}
