import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Paths } from '@slowlane/config';
import { SlowLaneError } from '@slowlane/contracts';
import { copyArchive, copyLedger } from '@slowlane/ledger';
import { type BackupManifest, describeFiles, manifestName } from './manifest.ts';
import { dumpRedis, wasTrimmedBeyond } from './redis-dump.ts';

export interface BackupSource {
  paths: Paths;
  /** A Postgres ledger instead of the file. */
  postgres: { url: string } | undefined;
  redisUrl: string;
  version: string;
}

/** The archiver trims what it archived more than a minute ago: a copy that takes longer than that is made again, so often. */
const TRIES = 3;

/**
 * Copies the whole state into a new folder while the service runs. The order makes it consistent: ledger, then the archive up to the
 * ledger's newest event, then Redis, which still holds every event after that one, then the blobs that any of them names.
 * Keys (signing, webhooks, links, the administrator's token) only with `withKeys`. Throws `backup.invalid` when the folder exists.
 */
export async function createBackup(
  source: BackupSource,
  folder: string,
  { withKeys }: { withKeys: boolean },
): Promise<BackupManifest> {
  if (existsSync(folder)) throw new SlowLaneError('backup.invalid', `${folder} exists already`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { paths } = source;
  const cursor = await copyState(source, folder);
  await copyFolder(paths.blobs, join(folder, 'blobs'), (path) => !path.startsWith(join(paths.blobs, 'tmp')));
  await copyFolder(join(paths.cache, 'builds'), join(folder, 'builds'));
  await copyFolder(paths.repositories, join(folder, 'git'));
  if (withKeys) {
    await copyFolder(paths.keys, join(folder, 'keys'));
    if (existsSync(paths.adminToken)) await cp(paths.adminToken, join(folder, 'admin-token'));
  }
  const files = await describeFiles(folder);
  const manifest = { format: 1 as const, version: source.version, at: Date.now(), cursor, hasKeys: withKeys, files };
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

async function copyState({ paths, postgres, redisUrl }: BackupSource, folder: string): Promise<string> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const ledger = join(folder, 'ledger.sqlite');
    await rm(ledger, { force: true });
    await rm(join(folder, 'archive'), { recursive: true, force: true });
    const cursor = await copyLedger({ file: paths.ledger, postgres }, ledger);
    await copyArchive(paths.archive, join(folder, 'archive'), cursor);
    await dumpRedis(redisUrl, join(folder, 'redis.rdb'));
    if (!(await wasTrimmedBeyond(redisUrl, cursor))) return cursor;
  }
  throw new SlowLaneError('ledger.unavailable', `the state changed faster than it could be copied, ${TRIES} times`, {
    hint: 'Try again when less is going on, or onto a faster disk',
  });
}

/** A file that ends while it is copied (a temporary one) is left out. */
async function copyFolder(from: string, to: string, filter = (_path: string) => true): Promise<void> {
  if (existsSync(from)) await cp(from, to, { recursive: true, filter, preserveTimestamps: true });
}
