import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BlobStore, Digest } from '@slowlane/contracts';

/** Gives a blob as a file for the time of one call: archives are read by position, and may be too large for memory. */
export async function withBlobFile<T>(
  deps: { blobs: BlobStore; scratchDir?: string },
  blob: { digest: Digest },
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(deps.scratchDir ?? tmpdir(), 'slowlane-'));
  try {
    const path = join(folder, 'blob');
    await pipeline((await deps.blobs.open(blob.digest)).stream, createWriteStream(path));
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
