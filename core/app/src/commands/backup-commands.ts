import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalCommands } from '@slowlane/cli';
import { SlowLaneError } from '@slowlane/contracts';
import { createBackup } from '../backup/create-backup.ts';
import type { BackupManifest } from '../backup/manifest.ts';
import { restoreBackup } from '../backup/restore-backup.ts';
import { serviceAccount } from '../ground/service-user.ts';
import { type Installation, prepareFolders } from '../processes/installation.ts';
import { findProcess } from '../processes/process-record.ts';
import { postgresOf } from '../service/open-stores.ts';

export async function backup(
  { paths, config, environment, repository }: Installation,
  folder: string,
  options: { withKeys: boolean },
): ReturnType<LocalCommands['backup']> {
  const begun = performance.now();
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
  const redisUrl = config.redis?.url ?? ownRedis(paths);
  const source = { paths, postgres: postgresOf(config, environment.secret), redisUrl, version };
  const manifest = await createBackup(source, folder, options);
  return { folder, ...totals(manifest), tookMs: Math.round(performance.now() - begun) };
}

export async function restore(
  { paths, config, environment }: Installation,
  folder: string,
): ReturnType<LocalCommands['restore']> {
  if (findProcess(paths.run, 'service') !== undefined || findProcess(paths.run, 'redis') !== undefined)
    throw new SlowLaneError('backup.invalid', `${paths.home} is in use`, { hint: 'Run: slowlane down' });
  const account = process.getuid?.() === 0 ? await serviceAccount() : undefined;
  const postgres = postgresOf(config, environment.secret);
  const manifest = await restoreBackup(folder, { paths, postgres, account });
  prepareFolders(paths, await serviceAccount());
  return { home: paths.home, ...totals(manifest), at: manifest.at };
}

function ownRedis({ redis }: Installation['paths']): string {
  const file = join(redis, 'port');
  if (!existsSync(file))
    throw new SlowLaneError('queue.unavailable', `${redis} holds no Redis: it has never been up`, {
      hint: 'Run: slowlane up',
    });
  return `redis://127.0.0.1:${readFileSync(file, 'utf8').trim()}`;
}

function totals({ files, cursor }: BackupManifest): { files: number; bytes: number; cursor: string } {
  const sizes = Object.values(files).map(({ size }) => size);
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0), cursor };
}
