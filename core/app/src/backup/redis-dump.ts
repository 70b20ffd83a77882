import { existsSync } from 'node:fs';
import { mkdir, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { compareStreamIds } from '@slowlane/kit';
import { type RunResult, run } from '@slowlane/process';

const clients = ['/usr/bin/valkey-cli', '/usr/bin/redis-cli', '/usr/local/bin/valkey-cli', '/usr/local/bin/redis-cli'];

/** A snapshot of one moment, as a replica gets it: works with any Redis that can be reached, ours or not. */
export async function dumpRedis(url: string, file: string): Promise<void> {
  await ask(url, ['--rdb', file], 600_000);
}

/** Whether events after the one given have been trimmed from the stream. */
export async function wasTrimmedBeyond(url: string, id: string, prefix = 'sl'): Promise<boolean> {
  const { stdout } = await ask(url, ['--json', 'XINFO', 'STREAM', `{${prefix}}:log`], 10_000, true);
  const trimmed = /"max-deleted-entry-id"\s*:\s*"(\d+-\d+)"/.exec(stdout)?.[1];
  return trimmed !== undefined && compareStreamIds(trimmed, id) > 0;
}

/**
 * Lays a snapshot where our Redis starts from: as the base of an append-only file. With `appendonly yes` a mere dump.rdb would be ignored.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/persistence (multi-part AOF: base file and manifest)
 */
export async function layRedisDown(dump: string, dir: string): Promise<void> {
  const folder = join(dir, 'appendonlydir');
  await mkdir(folder, { recursive: true });
  await copyFile(dump, join(folder, 'appendonly.aof.1.base.rdb'));
  await writeFile(join(folder, 'appendonly.aof.manifest'), 'file appendonly.aof.1.base.rdb seq 1 type b\n');
}

async function ask(url: string, args: string[], timeoutMs: number, mayFail = false): Promise<RunResult> {
  const client = clients.find((file) => existsSync(file));
  if (client === undefined) throw new SlowLaneError('ground.missing', 'neither valkey-cli nor redis-cli is installed');
  const address = URL.parse(url);
  if (address === null) throw new SlowLaneError('config.invalid', 'redis.url is not a URL');
  // The password goes by environment: arguments can be read by everyone on the machine.
  const password = decodeURIComponent(address.password);
  address.password = '';
  const where = password === '' ? ['-u', address.href] : hostOf(address);
  const env = { LANG: 'C.UTF-8', ...(password === '' ? {} : { REDISCLI_AUTH: password }) };
  const result = await run([client, ...where, ...args], { env, timeoutMs });
  if (!result.ok && !mayFail)
    throw new SlowLaneError('queue.unavailable', `${address.host}: ${(result.stderr || result.stdout).trim()}`);
  return result;
}

function hostOf({ hostname, port, protocol, username }: URL): string[] {
  const tls = protocol === 'rediss:' ? ['--tls'] : [];
  const user = username === '' ? [] : ['--user', decodeURIComponent(username)];
  return ['-h', hostname, '-p', port || '6379', ...tls, ...user];
}
