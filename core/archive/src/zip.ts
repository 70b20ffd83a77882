// Projects that import this one type-check it without its own file list.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- a declaration file cannot be imported
/// <reference path="./yauzl.d.ts" />
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32, inflateRawSync } from 'node:zlib';
import { SlowLaneError } from '@slowlane/contracts';
import * as yauzl from 'yauzl';
import type { ArchiveLimits } from './limits.ts';
import { plainPath } from './path-guard.ts';

/** A path on disk, or the bytes themselves. */
export type ZipSource = string | Buffer;

/** Sizes in bytes, as the archive's directory states them; `readZipEntry` holds the contents against them. */
export interface ZipEntry {
  path: string;
  size: number;
  compressedSize: number;
}

export interface ZipIndex {
  /** Files only, in the order of the archive's directory. */
  readonly entries: readonly ZipEntry[];
  /** See `readZipEntry`. */
  read(path: string, maxBytes: number): Promise<Buffer>;
  /** Contents of one entry as they unpack, for what may be too large to be held; fails where they are not of the size that the directory states. */
  open(path: string): Promise<Readable>;
  close(): Promise<void>;
}

/** A JAR with all its dependencies has more entries than a source tree; it is only read by entry, never extracted. */
export const zipLimits: ArchiveLimits = {
  maxBytes: 2 * 1024 ** 3,
  maxEntries: 150_000,
  maxRatio: 200,
  maxPathBytes: 4096,
};

const STORED = 0;
const DEFLATED = 8;

/**
 * Reads the directory of a zip or JAR. Links, encrypted entries, duplicate names, paths that leave the archive and bombs are
 * `archive.refused`. Names that differ only by case are accepted: JARs hold `LICENSE` beside `license/`, and nothing is extracted.
 */
export async function readZipIndex(source: ZipSource, limits: ArchiveLimits = zipLimits): Promise<ZipIndex> {
  const archive = await openArchive(source);
  try {
    const found = await listEntries(archive.zip, limits);
    const entries = [...found].map(([path, entry]) => ({
      path,
      size: entry.uncompressedSize,
      compressedSize: entry.compressedSize,
    }));
    return {
      entries,
      read: (path, maxBytes) => readContent(archive, found.get(path), { path, maxBytes }),
      open: (path) => openContent(archive, found.get(path), path),
      close: () => archive.close(),
    };
  } catch (error) {
    await archive.close();
    throw error;
  }
}

/** Contents of one entry, checked against the directory's size and CRC. More than `maxBytes`, or not in the archive: `archive.refused`. */
export function readZipEntry(index: ZipIndex, path: string, maxBytes: number): Promise<Buffer> {
  return index.read(path, maxBytes);
}

interface OpenArchive {
  zip: yauzl.ZipFile;
  readAt(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

async function openArchive(source: ZipSource): Promise<OpenArchive> {
  const options = { lazyEntries: true, autoClose: false, strictFileNames: true, validateEntrySizes: true } as const;
  try {
    if (typeof source !== 'string') {
      const zip = await yauzl.fromBufferPromise(source, options);
      return {
        zip,
        readAt: (offset, length) => Promise.resolve(source.subarray(offset, offset + length)),
        close: () => Promise.resolve(),
      };
    }
    const zip = await yauzl.openPromise(source, options);
    const file = await open(source, 'r');
    return {
      zip,
      async readAt(offset, length) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
        return buffer.subarray(0, bytesRead);
      },
      async close() {
        zip.close();
        await file.close();
      },
    };
  } catch (error) {
    throw notAZip(error);
  }
}

function listEntries(zip: yauzl.ZipFile, limits: ArchiveLimits): Promise<Map<string, yauzl.Entry>> {
  const found = new Map<string, yauzl.Entry>();
  const totals = { count: 0, bytes: 0, compressed: 0 };
  return new Promise((resolve, reject) => {
    zip.on('error', (error) => reject(notAZip(error)));
    zip.on('end', () => resolve(found));
    zip.on('entry', (entry) => {
      try {
        take(entry, found, totals, limits);
        zip.readEntry();
      } catch (error) {
        reject(error as Error);
      }
    });
    zip.readEntry();
  });
}

function take(
  entry: yauzl.Entry,
  found: Map<string, yauzl.Entry>,
  totals: { count: number; bytes: number; compressed: number },
  limits: ArchiveLimits,
): void {
  if (++totals.count > limits.maxEntries) {
    throw new SlowLaneError('archive.refused', `more than ${limits.maxEntries} entries`);
  }
  const name = JSON.stringify(entry.fileName.slice(0, 200));
  const type = (entry.externalFileAttributes >>> 16) & 0o170000;
  if (type !== 0 && type !== 0o100000 && type !== 0o040000) {
    throw new SlowLaneError('archive.refused', `${name}: links and special files are refused`);
  }
  if ((entry.generalPurposeBitFlag & 1) !== 0) throw new SlowLaneError('archive.refused', `${name}: encrypted`);
  totals.bytes += entry.uncompressedSize;
  totals.compressed += entry.compressedSize;
  if (totals.bytes > limits.maxBytes) {
    throw new SlowLaneError('archive.refused', `the contents are larger than ${limits.maxBytes} bytes`);
  }
  if (totals.bytes > 1_048_576 && totals.bytes > totals.compressed * limits.maxRatio) {
    throw new SlowLaneError('archive.refused', `the archive expands to more than ${limits.maxRatio} times its size`);
  }
  const isFolder = entry.fileName.endsWith('/');
  const path = plainPath(entry.fileName, isFolder ? 'folder' : 'file', limits.maxPathBytes);
  if (isFolder || path === undefined) return;
  if (found.has(path)) throw new SlowLaneError('archive.refused', `${name}: the path is there twice`);
  found.set(path, entry);
}

async function readContent(
  archive: OpenArchive,
  entry: yauzl.Entry | undefined,
  asked: { path: string; maxBytes: number },
): Promise<Buffer> {
  const name = JSON.stringify(asked.path);
  if (entry === undefined) throw new SlowLaneError('archive.refused', `${name}: not in the archive`);
  if (entry.uncompressedSize > asked.maxBytes) {
    throw new SlowLaneError('archive.refused', `${name}: larger than ${asked.maxBytes} bytes`);
  }
  try {
    const { fileDataStart } = await archive.zip.readLocalFileHeaderPromise(entry, { minimal: true });
    const packed = await archive.readAt(fileDataStart, entry.compressedSize);
    const content = unpacked(packed, entry);
    if (content.length !== entry.uncompressedSize || crc32(content) !== entry.crc32)
      throw new Error('size or CRC differs');
    return content;
  } catch (error) {
    throw new SlowLaneError('archive.refused', `${name}: cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function openContent(archive: OpenArchive, entry: yauzl.Entry | undefined, path: string): Promise<Readable> {
  const name = JSON.stringify(path);
  if (entry === undefined) throw new SlowLaneError('archive.refused', `${name}: not in the archive`);
  try {
    return await archive.zip.openReadStreamPromise(entry);
  } catch (error) {
    throw new SlowLaneError('archive.refused', `${name}: cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function unpacked(packed: Buffer, entry: yauzl.Entry): Buffer {
  if (entry.compressionMethod === STORED) return Buffer.from(packed);
  if (entry.compressionMethod !== DEFLATED) throw new Error(`compression method ${entry.compressionMethod}`);
  // zlib refuses a limit of 0, and a bomb must not get further than the size it stated.
  return inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.uncompressedSize) });
}

function notAZip(error: unknown): SlowLaneError {
  return new SlowLaneError('archive.refused', `not a valid zip archive: ${(error as Error).message}`, { cause: error });
}
