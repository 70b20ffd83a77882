import { createHash } from 'node:crypto';
import { PassThrough, pipeline, type Readable, Transform } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import {
  type Announcement,
  announcedByHeaders,
  type ChecksumKind,
  checksumKinds,
  isStrong,
  strongestOf,
} from './announcement.ts';
import type { DepotOptions, DownloadHead, Order } from './depot.ts';
import type { FileRecord } from './schema.ts';
import { createSpool, type Spool } from './spool.ts';
import { discard, type UpstreamAnswer } from './upstream.ts';

/** A file on its way into the store. */
export interface Download {
  head: DownloadHead;
  /** The record, once the bytes are stored and checked. */
  done: Promise<FileRecord>;
  /** The bytes as they arrive, for one reader, the last piece only when they are checked; it fails when the check does. */
  passOn(): Readable | undefined;
}

/** A reader that takes nothing for this long is left behind, because everybody else waits for the same download. */
const STALLED_MS = 30_000;

/** Streams an answer into the blob store. Throws and rejects with `gateway.mismatch`, `gateway.upstream`. */
export function startDownload(
  options: DepotOptions,
  order: Order,
  { answer, known }: { answer: UpstreamAnswer; known: FileRecord | undefined },
): Download {
  const head = headOf(answer);
  const maxBytes = order.maxBytes ?? options.limits.maxFileBytes;
  if (head.size > maxBytes) {
    discard(answer);
    throw new SlowLaneError('gateway.upstream', `${order.url.href}: ${head.size} bytes, at most ${maxBytes} are taken`);
  }
  const announced = announcedBy(answer, order);
  announced.catch(() => undefined);
  const spool = order.h1 === undefined ? undefined : createSpool(options.spoolDir);
  const meter = createMeter(order, {
    maxBytes,
    size: head.size,
    spool,
    judge: (hashed) => judge(options, order, { hashed, spool, announced, known }),
  });
  // The reason of a broken download reaches the store through the meter.
  pipeline(answer.body, meter.stream, () => undefined);
  const done = finish(options, order, { answer, head, meter, announced }).finally(() => spool?.remove());
  done.then(
    () => meter.endLive(),
    (error: Error) => meter.live?.destroy(error),
  );
  return { head, done, passOn: () => meter.passOn() };
}

function headOf(answer: UpstreamAnswer): DownloadHead {
  const length = answer.headers['content-length'];
  return {
    size: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : -1,
    contentType: answer.headers['content-type'],
    lastModified: answer.headers['last-modified'],
  };
}

/** All announcements there are: the one expected, the answer's headers, what lies beside it. Begins at once, beside the download. */
async function announcedBy(answer: UpstreamAnswer, order: Order): Promise<readonly Announcement[]> {
  if (order.expected !== undefined) return [order.expected];
  const known = announcedByHeaders(answer.headers);
  if (order.announced === undefined || (order.h1 === undefined && isStrong(strongestOf(known)))) return known;
  return [...known, ...(await order.announced(known))];
}

interface Arriving {
  answer: UpstreamAnswer;
  head: DownloadHead;
  meter: Meter;
  announced: Promise<readonly Announcement[]>;
}

async function finish(options: DepotOptions, order: Order, arriving: Arriving): Promise<FileRecord> {
  const { answer, head, meter, announced } = arriving;
  const stored = await store(options, order, meter);
  const record: FileRecord = {
    path: order.path,
    digest: stored.digest,
    size: stored.size,
    contentType: head.contentType,
    lastModified: head.lastModified,
    etag: answer.headers.etag,
    immutable: order.immutable,
    checked: strongestOf(await announced) ?? 'none',
    fetchedAt: options.now(),
  };
  await options.index.put(record);
  return record;
}

async function store(options: DepotOptions, order: Order, meter: Meter): Promise<{ digest: string; size: number }> {
  try {
    return await options.blobs.put(meter.stream);
  } catch (error) {
    if (error instanceof SlowLaneError || isOurs(error)) throw error;
    throw new SlowLaneError('gateway.upstream', `${order.url.href}: ${(error as Error).message}`, { cause: error });
  }
}

/** Errors of our own disk are not the registry's: they come with a system call. Those of sockets come without a path. */
function isOurs(error: unknown): boolean {
  return typeof (error as { path?: unknown }).path === 'string' || (error as { code?: string }).code === 'ENOSPC';
}

interface Judged extends Pick<Arriving, 'announced'> {
  hashed: Hashed;
  spool: Spool | undefined;
  known: FileRecord | undefined;
}

/** Holds the bytes against all that was announced, before the store keeps any of them. */
async function judge(options: DepotOptions, order: Order, { hashed, spool, announced, known }: Judged): Promise<void> {
  for (const { kind, sum } of await announced) {
    const actual = kind === 'h1' ? await h1Of(order, hashed, spool) : hashed(kind);
    if (actual !== sum) throw alarm(options, order, `${kind} is ${actual}, the registry announces ${sum}`);
  }
  const digest = `sha256:${hashed('sha256')}`;
  if (order.immutable && known !== undefined && known.digest !== digest)
    throw alarm(options, order, `it was ${known.digest} before and is ${digest} now`);
}

/** What cannot be read has no sum, so also not the one that is announced. */
async function h1Of(order: Order, hashed: Hashed, spool: Spool | undefined): Promise<string> {
  try {
    return (await order.h1?.({ sha256: hashed('sha256'), file: spool?.file ?? '' })) ?? 'none';
  } catch (error) {
    return `none (${(error as Error).message})`;
  }
}

function alarm(options: DepotOptions, order: Order, what: string): SlowLaneError {
  options.logger.error(
    { path: order.path, upstream: order.url.href, what },
    'ALARM: a registry served other bytes than it should',
  );
  return new SlowLaneError('gateway.mismatch', `${order.path}: ${what}`);
}

/** A checksum of all bytes that passed. */
type Hashed = (kind: ChecksumKind) => string;

interface Meter {
  stream: Transform;
  live: PassThrough | undefined;
  passOn(): Readable | undefined;
  /** Gives the reader what was held back. */
  endLive(): void;
}

interface MeterOptions {
  maxBytes: number;
  /** -1: not known. */
  size: number;
  /** Takes a copy. */
  spool: Spool | undefined;
  /** Has the last word before the end is passed on; what it throws ends the stream. */
  judge(hashed: Hashed): Promise<void>;
}

/** Counts, hashes and copies the bytes that pass. */
function createMeter(order: Order, { maxBytes, size, spool, judge }: MeterOptions): Meter {
  const kinds = order.expected === undefined ? checksumKinds : (['sha256', order.expected.kind] as const);
  const hashes = new Map(kinds.map((kind) => [kind, createHash(kind)]));
  let bytes = 0;
  // A client that counts bytes takes the last one for the end: it must not come before the check.
  let held: Buffer | undefined;
  const meter: Meter = {
    live: undefined,
    passOn() {
      // What has passed is gone: too late for a reader that wants all of it.
      if (bytes > 0 || meter.live !== undefined) return undefined;
      meter.live = new PassThrough({ highWaterMark: 1024 ** 2 });
      meter.live.on('error', () => undefined);
      return meter.live;
    },
    endLive: () => void meter.live?.end(held),
    stream: new Transform({
      highWaterMark: 1024 ** 2,
      transform(chunk: Buffer, _encoding, callback) {
        bytes += chunk.length;
        if (bytes > maxBytes) {
          callback(new SlowLaneError('gateway.upstream', `${order.url.href}: more than ${maxBytes} bytes`));
          return;
        }
        for (const hash of hashes.values()) hash.update(chunk);
        const passed = held;
        held = chunk;
        Promise.all([copied(meter.live, passed), spool?.write(chunk)]).then(() => callback(null, chunk), callback);
      },
      flush(callback) {
        if (size >= 0 && bytes !== size) {
          callback(new SlowLaneError('gateway.upstream', `${order.url.href}: ${bytes} of ${size} bytes arrived`));
          return;
        }
        // A digest can be taken once.
        judge((kind) => hashes.get(kind)?.copy().digest('hex') ?? '').then(() => callback(), callback);
      },
    }),
  };
  return meter;
}

/** Writes to the reader and waits for it, but not for ever. */
async function copied(live: PassThrough | undefined, chunk: Buffer | undefined): Promise<void> {
  if (live === undefined || chunk === undefined || live.destroyed || live.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      clearTimeout(stalled);
      live.off('drain', go).off('close', go);
      resolve();
    };
    const stalled = setTimeout(() => {
      live.destroy(new Error('the reader stalled'));
      go();
    }, STALLED_MS);
    live.once('drain', go).once('close', go);
  });
}
