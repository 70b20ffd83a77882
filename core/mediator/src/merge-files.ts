import { Readable } from 'node:stream';
import { type ResultFile, SlowLaneError, type VolumeStore } from '@slowlane/contracts';
import { formatBytes } from '@slowlane/kit';
import { scanCsv } from './scan-csv.ts';
import { scanJsonArray } from './scan-json-array.ts';

/** A piece of the merged file: text of ours, or bytes of a part's file. */
type Segment = { text: string } | { path: string; from: number; to: number };

export interface Source {
  key: string;
  path: string;
  size: number;
}

export interface Merge {
  file: string;
  as: 'csv' | 'json';
  sources: Source[];
  /** Where the merged file goes. */
  path: string;
}

export const mostMergedBytes = 268_435_456;

/**
 * Makes one file of the same file of every part, in the order of the parts: CSV rows under one header that all must share, or JSON arrays end to end. Reads each
 * file twice and holds none. Throws `join.failed` that names file and part.
 */
export async function mergeFiles(volumes: VolumeStore, merge: Merge): Promise<ResultFile> {
  const total = merge.sources.reduce((sum, { size }) => sum + size, 0);
  if (total > mostMergedBytes) {
    throw failed(
      merge.file,
      undefined,
      `${formatBytes(total)} together, at most ${formatBytes(mostMergedBytes)} are merged`,
    );
  }
  const segments = merge.as === 'csv' ? await csvSegments(volumes, merge) : await jsonSegments(volumes, merge);
  const size = segments.reduce((sum, segment) => sum + lengthOf(segment), 0);
  const open = (): Promise<Readable> =>
    Promise.resolve(Readable.from(bytesOf(volumes, segments), { objectMode: false }));
  await volumes.upload(merge.path, open, size, { immutable: false });
  return { name: merge.file, path: merge.path, size };
}

async function csvSegments(volumes: VolumeStore, { file, sources }: Merge): Promise<Segment[]> {
  const segments: Segment[] = [];
  let first: { key: string; header: string } | undefined;
  for (const { key, path } of sources) {
    const { header, rowsFrom, size, endsWithNewline } = await scan(volumes, { file, key, path }, scanCsv);
    if (first !== undefined && first.header !== header) {
      throw failed(
        file,
        key,
        `its header ${quoted(header)} is not the header ${quoted(first.header)} of part "${first.key}"`,
      );
    }
    segments.push({ path, from: first === undefined ? 0 : rowsFrom, to: size });
    const isOnlyHeader = first !== undefined && rowsFrom === size;
    if (!endsWithNewline && !isOnlyHeader) segments.push({ text: '\n' });
    first ??= { key, header };
  }
  return segments;
}

async function jsonSegments(volumes: VolumeStore, { file, sources }: Merge): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const { key, path } of sources) {
    const { from, to, isEmpty } = await scan(volumes, { file, key, path }, scanJsonArray);
    if (!isEmpty) segments.push({ text: segments.length === 0 ? '[' : ',' }, { path, from, to });
  }
  return segments.length === 0 ? [{ text: '[]\n' }] : [...segments, { text: ']\n' }];
}

async function scan<T>(
  volumes: VolumeStore,
  { file, key, path }: { file: string; key: string; path: string },
  scanner: (pieces: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const { stream } = await volumes.read(path);
  try {
    return await scanner(stream);
  } catch (error) {
    throw error instanceof RangeError ? failed(file, key, error.message) : error;
  } finally {
    stream.destroy();
  }
}

function lengthOf(segment: Segment): number {
  return 'text' in segment ? Buffer.byteLength(segment.text) : segment.to - segment.from;
}

async function* bytesOf(volumes: VolumeStore, segments: Segment[]): AsyncGenerator<Uint8Array> {
  for (const segment of segments) {
    if ('text' in segment) yield Buffer.from(segment.text);
    else if (segment.to > segment.from)
      yield* slice((await volumes.read(segment.path)).stream, segment.from, segment.to);
  }
}

async function* slice(stream: Readable, from: number, to: number): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for await (const piece of stream as AsyncIterable<Uint8Array>) {
    const part = piece.subarray(Math.max(0, from - offset), Math.max(0, to - offset));
    offset += piece.length;
    if (part.length > 0) yield part;
    if (offset >= to) return;
  }
}

function failed(file: string, key: string | undefined, problem: string): SlowLaneError {
  const where = key === undefined ? `"${file}"` : `"${file}" of part "${key}"`;
  return new SlowLaneError('join.failed', `${where}: ${problem}`, { data: { step: 'join', file, key } });
}

function quoted(header: string): string {
  return JSON.stringify(header.length > 200 ? `${header.slice(0, 200)}…` : header);
}
