import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Paths } from '@slowlane/config';
import { type Logger, SlowLaneError } from '@slowlane/contracts';
import { isAlive, startDetached, terminate } from '@slowlane/process';
import { freePort } from './free-port.ts';
import { findProcess, forgetProcess, noteProcess } from './process-record.ts';

export interface RedisServer {
  url: string;
  /** Stops watching over it and ends it; what it acknowledged is on disk. */
  close(): Promise<void>;
}

/**
 * Our own Redis: append-only file, every write on disk before its answer (`gate-and-queue.md` §11). It outlives a crash of the service and is adopted by the
 * next one; when it dies itself it is started again on the same port and the same file.
 */
export async function ensureRedis(paths: Paths, logger: Logger): Promise<RedisServer> {
  mkdirSync(paths.redis, { recursive: true });
  const port = await choosePort(paths);
  const closing = new AbortController();
  let current = findProcess(paths.run, 'redis') ?? launch(paths, port);
  await answers(port, 30_000);
  const watch = (async () => {
    while (!closing.signal.aborted) {
      await pause(250, undefined, { ref: false, signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted || isAlive(current)) continue;
      logger.error({ pid: current.pid }, 'redis died; starting it again');
      current = launch(paths, port);
      await answers(port, 30_000).catch((error: unknown) =>
        logger.error({ error: String(error) }, 'redis does not come up'),
      );
    }
  })();
  return {
    url: `redis://127.0.0.1:${port}`,
    async close() {
      closing.abort();
      await watch;
      await terminate(current, { graceMs: 10_000 });
      forgetProcess(paths.run, 'redis');
    },
  };
}

function launch(paths: Paths, port: number) {
  const program = [
    '/usr/bin/valkey-server',
    '/usr/bin/redis-server',
    '/usr/local/bin/valkey-server',
    '/usr/local/bin/redis-server',
  ].find((file) => existsSync(file));
  if (program === undefined)
    throw new SlowLaneError('ground.missing', 'neither valkey-server nor redis-server is installed');
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: paths.redis,
    appendonly: 'yes',
    appendfsync: 'always',
    'no-appendfsync-on-rewrite': 'no',
    'aof-load-truncated': 'yes',
    'maxmemory-policy': 'noeviction',
    save: '',
    daemonize: 'no',
  };
  const argv = [program, ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])];
  const log = join(paths.logs, 'redis.log');
  const identity = startDetached(argv, { stdout: log, stderr: log, env: { LANG: 'C.UTF-8' } });
  noteProcess(paths.run, 'redis', identity);
  return identity;
}

/** The port of the first start is kept, so that a restart of one side finds the other. */
async function choosePort(paths: Paths): Promise<number> {
  const file = join(paths.redis, 'port');
  if (existsSync(file)) return Number(readFileSync(file, 'utf8'));
  const port = await freePort();
  writeFileSync(file, String(port));
  return port;
}

async function answers(port: number, limitMs: number): Promise<void> {
  const until = performance.now() + limitMs;
  while (performance.now() < until) {
    if (await ping(port)) return;
    await pause(25);
  }
  throw new SlowLaneError('queue.unavailable', `redis did not answer on 127.0.0.1:${port} within ${limitMs} ms`);
}

/** PING answers +PONG only once the append-only file has been read (before: -LOADING). */
function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const finish = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.on('data', (bytes) => finish(bytes.toString().startsWith('+PONG')));
    socket.on('error', () => finish(false));
  });
}
