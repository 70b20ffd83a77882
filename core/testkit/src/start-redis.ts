import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Started, start } from '@slowlane/process';
import { freePort } from './free-port.ts';

export interface TestRedis {
  url: string;
  port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  dir: string;
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder, after `kill`. */
  restart(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  freeze(): void;
  thaw(): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** A Redis of the test's own: free port, own folder, AOF `always` as in production unless told otherwise. */
export async function startRedis(
  options: {
    appendfsync?: 'always' | 'everysec' | 'no';
    args?: readonly string[];
    /** Added to its environment. */
    env?: Readonly<Record<string, string>>;
  } = {},
): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'slowlane-redis-'));
  const port = await freePort();
  const argv = argvOf(port, dir, options);
  let server = await startServer(argv, port, options.env);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.pid;
    },
    dir,
    async kill() {
      server.kill('SIGKILL');
      await server.exited;
    },
    async restart() {
      server = await startServer(argv, port, options.env);
    },
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    async stop() {
      server.kill('SIGCONT');
      server.kill('SIGKILL');
      await server.exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The hooks of the test runner, which this project does not import. */
export interface FileHooks {
  beforeAll(run: () => Promise<void>): void;
  afterAll(run: () => Promise<void>): void;
}

/** One Redis for all tests of a file; a prefix of its own for each system in it. */
export function redisForFile(
  { beforeAll, afterAll }: FileHooks,
  options: Parameters<typeof startRedis>[0] = {},
): { readonly redis: TestRedis; nextPrefix(): string } {
  let started: TestRedis | undefined;
  let systems = 0;
  beforeAll(async () => {
    started = await startRedis(options);
  });
  afterAll(async () => started?.stop());
  return {
    get redis() {
      if (started === undefined) throw new Error('redisForFile: used before the tests run');
      return started;
    },
    nextPrefix: () => `t${systems++}`,
  };
}

function argvOf(port: number, dir: string, options: { appendfsync?: string; args?: readonly string[] }): string[] {
  const settings: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    appendonly: 'yes',
    appendfsync: options.appendfsync ?? 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
    'protected-mode': 'no',
  };
  return [
    'redis-server',
    ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    ...(options.args ?? []),
  ];
}

async function startServer(argv: string[], port: number, env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const server = start(argv, { inheritEnv: true, env, stdout: 'ignore', stderr: 'ignore' });
  let exit: string | undefined;
  void server.exited.then(({ exitCode, signal }) => (exit = String(exitCode ?? signal)));
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    if (exit !== undefined) throw new Error(`redis-server ended with ${exit}`);
    if ((await ask(port)).startsWith('+PONG')) return server;
    await pause(10);
  }
  server.kill('SIGKILL');
  throw new Error('redis-server did not answer within 20 s');
}

function ask(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1_000, () => done(''));
    socket.on('data', (bytes) => done(String(bytes)));
    socket.on('error', () => done(''));
    function done(answer: string): void {
      socket.destroy();
      resolve(answer);
    }
  });
}
