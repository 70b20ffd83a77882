import { createWriteStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SlowLaneError } from '@slowlane/contracts';
import type { ArchiveLimits } from './limits.ts';
import { readTarGz, type TarSummary } from './read-tar.ts';

/**
 * Writes the files of a tar or tar.gz below an empty folder that nothing else can write to (a running build must not: it could swap
 * a folder for a link between two of our steps).
 */
export async function extractTar(stream: Readable, folder: string, limits: ArchiveLimits): Promise<TarSummary> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  if ((await readdir(folder)).length > 0) {
    stream.destroy();
    throw new SlowLaneError('archive.refused', `${folder}: the folder is not empty`);
  }
  return readTarGz(stream, limits, async (entry, content) => {
    const target = join(folder, entry.path);
    if (entry.kind === 'folder') {
      await mkdir(target, { recursive: true, mode: 0o755 });
      return;
    }
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await pipeline(content, createWriteStream(target, { flags: 'wx', mode: entry.mode }));
  });
}
