import { existsSync } from 'node:fs';
import { cp, lchown, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Paths } from '@slowlane/config';
import { SlowLaneError } from '@slowlane/contracts';
import { fillPostgres } from '@slowlane/ledger';
import { type BackupManifest, verifyBackup } from './manifest.ts';
import { layRedisDown } from './redis-dump.ts';

export interface RestoreTarget {
  paths: Paths;
  postgres: { url: string } | undefined;
  /** Whom the restored files are to belong to, where the caller may give them away. */
  account?: { uid: number; gid: number } | undefined;
}

/**
 * Brings a backup into a state folder that holds none, after every file was compared with the manifest. Nothing may run on it. Throws
 * `backup.invalid` when a file is missing or changed, or when there is state already.
 */
export async function restoreBackup(
  folder: string,
  { paths, postgres, account }: RestoreTarget,
): Promise<BackupManifest> {
  const manifest = await verifyBackup(folder);
  await assertEmpty(paths);
  const places = {
    archive: paths.archive,
    blobs: paths.blobs,
    builds: join(paths.cache, 'builds'),
    git: paths.repositories,
    keys: paths.keys,
    'admin-token': paths.adminToken,
    ...(postgres === undefined ? { 'ledger.sqlite': paths.ledger } : {}),
  };
  for (const [name, place] of Object.entries(places)) await bring(join(folder, name), place);
  if (postgres !== undefined) await fillPostgres(postgres, join(folder, 'ledger.sqlite'));
  await layRedisDown(join(folder, 'redis.rdb'), paths.redis);
  if (account !== undefined) for (const place of [...Object.values(places), paths.redis]) await give(place, account);
  return manifest;
}

async function assertEmpty(paths: Paths): Promise<void> {
  const folders = [paths.archive, paths.blobs, paths.redis];
  const isUsed = async (folder: string) => existsSync(folder) && (await readdir(folder)).length > 0;
  const used = existsSync(paths.ledger) ? paths.ledger : (await Promise.all(folders.map(isUsed))).includes(true);
  if (used !== false) throw new SlowLaneError('backup.invalid', `${paths.home} holds state already`);
}

async function bring(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return;
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { recursive: true, preserveTimestamps: true });
}

async function give(place: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  if (!existsSync(place)) return;
  await lchown(place, uid, gid);
  const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) await lchown(join(entry.parentPath, entry.name), uid, gid);
}
