import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SlowLaneError } from '@slowlane/contracts';
import { filesBelow } from '../processes/files-below.ts';

/** What a backup holds: `manifest.json` in its folder, written last. A folder without it is no backup. */
export interface BackupManifest {
  format: 1;
  version: string;
  /** Epoch milliseconds. */
  at: number;
  /** Newest event of the ledger and archive in it. The Redis in it is as new or newer. */
  cursor: string;
  hasKeys: boolean;
  /** By path inside the folder, with `/`. */
  files: Record<string, { size: number; sha256: string }>;
}

export const manifestName = 'manifest.json';

/** Every file below a folder but the manifest. */
export async function describeFiles(folder: string): Promise<BackupManifest['files']> {
  const files: BackupManifest['files'] = {};
  const names = (await filesBelow(folder)).map((file) => relative(folder, file).split(sep).join('/')).sort();
  for (const name of names) if (name !== manifestName) files[name] = await describe(join(folder, name));
  return files;
}

/** Reads the manifest and compares every file with it. Throws `backup.invalid` naming what is missing, changed or too much. */
export async function verifyBackup(folder: string): Promise<BackupManifest> {
  const manifest = await readManifest(folder);
  const found = await describeFiles(folder);
  const paths = new Set([...Object.keys(manifest.files), ...Object.keys(found)]);
  for (const path of paths) {
    const [told, is] = [manifest.files[path], found[path]];
    if (told === undefined) throw invalid(folder, `${path} is not in its manifest`);
    if (is === undefined) throw invalid(folder, `${path} is missing`);
    if (is.sha256 !== told.sha256) throw invalid(folder, `${path} has changed since the backup`);
  }
  return manifest;
}

function invalid(folder: string, problem: string): SlowLaneError {
  return new SlowLaneError('backup.invalid', `${folder}: ${problem}`);
}

async function readManifest(folder: string): Promise<BackupManifest> {
  const text = await readFile(join(folder, manifestName), 'utf8').catch((cause: unknown) => {
    throw new SlowLaneError(
      'backup.invalid',
      `${folder} has no ${manifestName}: it is no backup, or one that did not end`,
      {
        cause,
      },
    );
  });
  const manifest = JSON.parse(text) as BackupManifest;
  if (manifest.format !== 1) throw invalid(folder, `its format is ${String(manifest.format)}, this Slow Lane reads 1`);
  return manifest;
}

async function describe(file: string): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { size: (await stat(file)).size, sha256: hash.digest('hex') };
}
