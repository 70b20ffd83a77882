import { Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { Parser, type ReadEntry } from 'tar';
import { gunzipped } from './gunzip.ts';
import { holdFirst } from './hold-first.ts';
import type { ArchiveLimits } from './limits.ts';
import { createPathGuard, type PathGuard } from './path-guard.ts';

/** One accepted entry. `mode` is 0o644 or 0o755 (executable, or a folder): whatever else the archive said is dropped. */
export interface TarEntry {
  path: string;
  kind: 'file' | 'folder';
  mode: number;
  size: number;
}

export interface TarSummary {
  entries: number;
  bytes: number;
}

export type TarEntryHandler = (entry: TarEntry, content: Readable) => Promise<void>;

/**
 * Reads an uncompressed tar and hands each entry to `onEntry`, one at a time; content that the handler leaves unread is skipped.
 * Anything but regular files and folders with plain names, and anything above the limits, is `archive.refused`; the handler's own
 * errors pass through. After a refusal the source is destroyed and an unfinished `content` fails with the same error.
 */
export async function readTar(stream: Readable, limits: ArchiveLimits, onEntry: TarEntryHandler): Promise<TarSummary> {
  const { first, rest } = await holdFirst(stream, 512).catch(throwRefusal);
  if (isGzip(first)) {
    stream.destroy();
    throw new SlowLaneError('archive.refused', 'the archive is compressed, a plain tar is expected');
  }
  return readBlocks(rest, first, limits, onEntry);
}

/** Like `readTar`, for a plain or a gzip-compressed tar: told by its first bytes. */
export async function readTarGz(
  stream: Readable,
  limits: ArchiveLimits,
  onEntry: TarEntryHandler,
): Promise<TarSummary> {
  const { first, rest } = await holdFirst(stream, 512);
  if (!isGzip(first)) return readBlocks(rest, first, limits, onEntry);
  return readTar(gunzipped(rest, limits.maxRatio), limits, onEntry);
}

function isGzip(first: Buffer): boolean {
  return first[0] === 0x1f && first[1] === 0x8b;
}

async function readBlocks(
  source: Readable,
  first: Buffer,
  limits: ArchiveLimits,
  onEntry: TarEntryHandler,
): Promise<TarSummary> {
  if (first.length === 0) throw new SlowLaneError('archive.refused', 'the archive is empty');
  const reader = createReader(limits, onEntry);
  // The parser calls an archive without entries a bad one; two zero blocks are a legal, empty archive.
  const isEmpty = first.length >= 512 && first.every((byte) => byte === 0);
  // Headers, padding and extended headers come on top of the contents; a stream of blocks that never end is cut here.
  const maxRawBytes = limits.maxBytes + limits.maxEntries * 4096 + 1_048_576;
  let raw = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      raw += chunk.length;
      if (raw > maxRawBytes)
        throw new SlowLaneError('archive.refused', `the archive is larger than ${maxRawBytes} bytes`);
      if (!isEmpty) await reader.write(chunk);
    }
    return isEmpty ? { entries: 0, bytes: 0 } : await reader.end();
  } catch (error) {
    const failure = asRefusal(error);
    source.destroy();
    await reader.fail(failure);
    throw failure;
  }
}

interface TarReader {
  write(chunk: Buffer): Promise<void>;
  end(): Promise<TarSummary>;
  /** Returns when the handler that was at work has ended. */
  fail(error: Error): Promise<void>;
}

/**
 * Feeds the parser by hand: an error thrown inside one of its callbacks would be an uncaught exception that ends the process, so
 * callbacks only record the failure, and `write` and `end` throw it.
 */
function createReader(limits: ArchiveLimits, onEntry: TarEntryHandler): TarReader {
  const parser = new Parser({ strict: true });
  const guard = createPathGuard(limits);
  const summary: TarSummary = { entries: 0, bytes: 0 };
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  let failure: Error | undefined;
  let current: Readable | undefined;
  let turn: Promise<void> = Promise.resolve();

  function fail(error: Error): void {
    if (failure !== undefined) return;
    failure = error;
    current?.destroy(error);
    failed.reject(error);
  }

  async function handle(entry: TarEntry, raw: ReadEntry): Promise<void> {
    if (failure !== undefined) return;
    current = contentOf(raw);
    // A handler may ignore the content; its failure is reported through `failed`.
    current.on('error', () => undefined);
    await onEntry(entry, current);
    current.destroy();
  }

  parser.on('entry', (raw: ReadEntry) => {
    try {
      if (failure !== undefined) return void raw.resume();
      const entry = accepted(raw, guard);
      summary.bytes += entry?.size ?? 0;
      if (summary.bytes > limits.maxBytes) {
        throw new SlowLaneError('archive.refused', `the contents are larger than ${limits.maxBytes} bytes`);
      }
      if (entry === undefined) return void raw.resume();
      summary.entries++;
      turn = turn.then(() => handle(entry, raw)).catch(fail);
    } catch (error) {
      raw.resume();
      fail(error as Error);
    }
  });
  parser.on('ignoredEntry', (raw: ReadEntry) => {
    fail(new SlowLaneError('archive.refused', `${JSON.stringify(raw.path)}: entry of an unknown or invalid kind`));
  });
  parser.on('error', (error: Error) => fail(asRefusal(error)));
  const ended = new Promise<void>((resolve) => parser.on('end', () => resolve()));

  return {
    async write(chunk) {
      if (failure !== undefined) throw failure;
      if (!parser.write(chunk)) {
        await Promise.race([new Promise<void>((resolve) => parser.once('drain', () => resolve())), failed.promise]);
      }
      if (failure !== undefined) throw failure;
    },
    async end() {
      parser.end();
      await Promise.race([ended, failed.promise]);
      await Promise.race([turn, failed.promise]);
      if (failure !== undefined) throw failure;
      return summary;
    },
    async fail(error) {
      fail(error);
      await turn;
    },
  };
}

const fileTypes = new Set(['File', 'OldFile', 'ContiguousFile']);

function accepted(raw: ReadEntry, guard: PathGuard): TarEntry | undefined {
  const name = JSON.stringify(raw.path.slice(0, 200));
  const kind = fileTypes.has(raw.type) ? 'file' : raw.type === 'Directory' ? 'folder' : undefined;
  if (kind === undefined) throw new SlowLaneError('archive.refused', `${name}: ${raw.type} entries are refused`);
  const mode = raw.mode ?? 0o644;
  if ((mode & 0o6000) !== 0) throw new SlowLaneError('archive.refused', `${name}: set-id bit in its mode`);
  const path = guard.accept(raw.path, kind);
  if (path === undefined) return undefined;
  return { path, kind, size: kind === 'file' ? raw.size : 0, mode: kind === 'folder' || mode & 0o100 ? 0o755 : 0o644 };
}

function contentOf(raw: ReadEntry): Readable {
  const content = new Readable({
    read: () => raw.resume(),
    destroy(error, callback) {
      raw.removeAllListeners('data');
      raw.resume();
      callback(error);
    },
  });
  raw.on('data', (chunk: Buffer) => {
    if (!content.push(chunk)) raw.pause();
  });
  raw.on('end', () => content.push(null));
  return content;
}

function throwRefusal(error: unknown): never {
  throw asRefusal(error);
}

function asRefusal(error: unknown): Error {
  if (error instanceof SlowLaneError) return error;
  const code = (error as { tarCode?: string; code?: string }).tarCode ?? (error as { code?: string }).code ?? '';
  if (!/^(TAR_|Z_)/.test(code)) return error as Error;
  return new SlowLaneError('archive.refused', `not a valid archive: ${(error as Error).message}`, { cause: error });
}
