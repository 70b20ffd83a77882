import { createHash } from 'node:crypto';
import { PassThrough, pipeline, type Readable, Transform } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import type { DepotOptions, DownloadHead, Order } from './depot.ts';
import type { FileRecord } from './schema.ts';
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
  const meter = createMeter(order, maxBytes);
  const announced = announcedBy(answer, order);
  // The reason of a broken download reaches the store through the meter.
  pipeline(answer.body, meter.stream, () => undefined);
  const done = finish(options, order, { answer, known, head, meter, announced });
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

interface Announcement {
  kind: 'sha512' | 'sha256' | 'sha1';
  hex: string;
}

/** The best announcement there is: the digest asked for, the answer's headers, the file beside it. Begins at once, beside the download. */
async function announcedBy(answer: UpstreamAnswer, order: Order): Promise<Announcement | undefined> {
  if (order.sha256 !== undefined) return { kind: 'sha256', hex: order.sha256 };
  if (order.sha512 !== undefined) return { kind: 'sha512', hex: order.sha512 };
  const sha256 = answer.headers['x-checksum-sha256'];
  if (sha256 !== undefined && /^[0-9a-f]{64}$/i.test(sha256)) return { kind: 'sha256', hex: sha256.toLowerCase() };
  const published = await order.announcedSha256?.();
  if (published !== undefined) return { kind: 'sha256', hex: published };
  const sha1 = answer.headers['x-checksum-sha1'];
  if (sha1 !== undefined && /^[0-9a-f]{40}$/i.test(sha1)) return { kind: 'sha1', hex: sha1.toLowerCase() };
  const beside = await order.announcedSha1?.();
  return beside === undefined ? undefined : { kind: 'sha1', hex: beside };
}

interface Arriving {
  answer: UpstreamAnswer;
  known: FileRecord | undefined;
  head: DownloadHead;
  meter: Meter;
  announced: Promise<Announcement | undefined>;
}

async function finish(options: DepotOptions, order: Order, arriving: Arriving): Promise<FileRecord> {
  const { answer, known, head, meter, announced } = arriving;
  const [stored, announcement] = await Promise.all([store(options, order, meter), announced]);
  if (head.size >= 0 && stored.size !== head.size) {
    throw new SlowLaneError('gateway.upstream', `${order.url.href}: ${stored.size} of ${head.size} bytes arrived`);
  }
  check(options, order, { stored, sha1: meter.sha1(), sha512: meter.sha512(), announcement });
  if (order.immutable && known !== undefined && known.digest !== stored.digest) {
    throw alarm(options, order, `it was ${known.digest} before and is ${stored.digest} now`);
  }
  const record: FileRecord = {
    path: order.path,
    digest: stored.digest,
    size: stored.size,
    contentType: head.contentType,
    lastModified: head.lastModified,
    etag: answer.headers.etag,
    immutable: order.immutable,
    checked: announcement?.kind ?? 'none',
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

function check(
  options: DepotOptions,
  order: Order,
  found: {
    stored: { digest: string };
    sha1: string;
    sha512: string | undefined;
    announcement: Announcement | undefined;
  },
): void {
  const { announcement } = found;
  if (announcement === undefined) return;
  const { kind } = announcement;
  const actual = kind === 'sha256' ? found.stored.digest.slice('sha256:'.length) : found[kind];
  if (actual !== announcement.hex)
    throw alarm(options, order, `${announcement.kind} is ${actual}, the registry announces ${announcement.hex}`);
}

function alarm(options: DepotOptions, order: Order, what: string): SlowLaneError {
  options.logger.error(
    { path: order.path, upstream: order.url.href, what },
    'ALARM: a registry served other bytes than it should',
  );
  return new SlowLaneError('gateway.mismatch', `${order.path}: ${what}`);
}

interface Meter {
  stream: Transform;
  live: PassThrough | undefined;
  sha1(): string;
  /** Only where one is asked for. */
  sha512(): string | undefined;
  passOn(): Readable | undefined;
  /** Gives the reader what was held back. */
  endLive(): void;
}

/** Counts, hashes and copies the bytes that pass. */
function createMeter({ url, sha512 }: Order, maxBytes: number): Meter {
  const hash = createHash('sha1');
  const longHash = sha512 === undefined ? undefined : createHash('sha512');
  let bytes = 0;
  // A client that counts bytes takes the last one for the end: it must not come before the check.
  let held: Buffer | undefined;
  const meter: Meter = {
    live: undefined,
    sha1: () => hash.digest('hex'),
    sha512: () => longHash?.digest('hex'),
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
          callback(new SlowLaneError('gateway.upstream', `${url.href}: more than ${maxBytes} bytes`));
          return;
        }
        hash.update(chunk);
        longHash?.update(chunk);
        const passed = held;
        held = chunk;
        void copied(meter.live, passed).then(() => callback(null, chunk));
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
