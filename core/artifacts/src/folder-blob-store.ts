import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { type BlobStore, Digest, SlowLaneError } from '@slowlane/contracts';

/**
 * Bytes below a folder, `sha256/ab/cdef…`. A blob appears whole (temporary name, fsync, then its final name) and is never written
 * again, so writers of the same bytes may race and readers need no lock. What is read is hashed on the way: see `open`.
 */
export function createFolderBlobStore(folder: string): BlobStore {
  return {
    put: (bytes, expected) => put(folder, bytes, expected),
    has: async (digest) => exists(blobPath(folder, digest)),
    open: async (digest) => openBlob(blobPath(folder, digest), digest),
  };
}

function blobPath(folder: string, digest: Digest): string {
  if (!Digest.safeParse(digest).success) throw new SlowLaneError('artifact.corrupt', `not a digest: ${String(digest)}`);
  const hex = digest.slice('sha256:'.length);
  return join(folder, 'sha256', hex.slice(0, 2), hex.slice(2));
}

async function put(folder: string, bytes: Readable, expected?: Digest): Promise<{ digest: Digest; size: number }> {
  const temporary = join(folder, 'tmp', randomUUID());
  await mkdir(dirname(temporary), { recursive: true, mode: 0o700 });
  try {
    const written = await writeHashed(temporary, bytes);
    if (expected !== undefined && written.digest !== expected) {
      throw new SlowLaneError('artifact.corrupt', `expected ${expected}, the bytes are ${written.digest}`);
    }
    await keep(temporary, blobPath(folder, written.digest));
    return written;
  } finally {
    bytes.destroy();
    await rm(temporary, { force: true });
  }
}

async function writeHashed(path: string, bytes: Readable): Promise<{ digest: Digest; size: number }> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o644);
  let size = 0;
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
      await writeAll(file, chunk);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let from = 0; from < chunk.length;) from += (await file.write(chunk, from)).bytesWritten;
}

/**
 * Also when the blob is there already: the bytes are the same, readers keep the file they have open, and a blob that a power cut or a
 * bad disk has damaged is healed by being written again.
 */
async function keep(temporary: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * `stream` fails with `artifact.corrupt` when the bytes are not those of the name, and holds its last piece back until that is known:
 * a reader that counts bytes instead of waiting for the end never has all of a damaged blob.
 */
async function openBlob(path: string, digest: Digest): Promise<{ stream: Readable; size: number }> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw new SlowLaneError('artifact.corrupt', `${digest} is not in the store`, { cause: error });
  }
  const { size } = await file.stat();
  const source = createReadStream(path, { fd: file, highWaterMark: 262_144 });
  const checked = checkedAtEnd(digest);
  source.on('error', (error) => checked.destroy(error));
  checked.on('close', () => source.destroy());
  return { stream: source.pipe(checked), size };
}

function checkedAtEnd(digest: Digest): Transform {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      hash.update(chunk);
      const passed = held;
      held = chunk;
      callback(null, passed);
    },
    flush(callback) {
      const found = `sha256:${hash.digest('hex')}`;
      if (found === digest) callback(null, held);
      else callback(new SlowLaneError('artifact.corrupt', `${digest} holds the bytes of ${found}`));
    },
  });
}
