import type { Readable } from 'node:stream';
import { type BlobStore, isTemporary, type Logger, SlowLaneError } from '@slowlane/contracts';
import type { Announcement, Checksum } from './announcement.ts';
import { type Download, startDownload } from './download.ts';
import type { FileIndex } from './file-index.ts';
import type { GatewayLimits } from './limits.ts';
import type { NegativeCache } from './negative-cache.ts';
import type { FileRecord } from './schema.ts';
import { discard, type Upstream, type UpstreamAnswer, type UpstreamBase } from './upstream.ts';

/** What to fetch when it is not here. */
export interface Order {
  /** Gateway path: the name it is kept under. */
  path: string;
  base: UpstreamBase;
  url: URL;
  immutable: boolean;
  accept?: string;
  maxBytes?: number;
  /** What the bytes must have, known before they are asked for. */
  expected?: Checksum;
  /**
   * What the upstream announces elsewhere; asked for only when nothing strong is expected or in the answer's own headers. `known`: what these
   * say. Everything that is announced must be true.
   */
  announced?: (known: readonly Announcement[]) => Promise<readonly Announcement[]>;
  /** How the sum `h1` of a whole file is made. With it `announced` is asked always: who says `h1` is not who sends the bytes. */
  h1?: (arrived: Arrived) => Promise<string>;
}

/** All of a file, before it is kept. */
export interface Arrived {
  /** Of its bytes, in hex. */
  sha256: string;
  /** A copy that is gone when the check is over. */
  file: string;
}

/** A file that is here, or one that arrives now: then `live` gives its bytes to one reader and `done` its record, once it is checked. */
export type Taken = { record: FileRecord } | { head: DownloadHead; live: Readable; done: Promise<FileRecord> };

export interface DownloadHead {
  size: number;
  contentType: string | undefined;
  lastModified: string | undefined;
}

/** Everything that was ever fetched, and the way to get what was not. Callers that ask for one path at once share one download. */
export interface Depot {
  /** `passOn`: the caller can take bytes while they arrive. `undefined`: the upstream does not have it. */
  take(order: Order, passOn?: boolean): Promise<Taken | undefined>;
  /** The same, when it has arrived and is checked. */
  takeWhole(order: Order): Promise<FileRecord | undefined>;
  /** Says that the blob store no longer has the bytes of a record. */
  reportLost(record: FileRecord): Promise<void>;
  /** Returns when no download is under way. */
  idle(): Promise<void>;
}

export interface DepotOptions {
  index: FileIndex;
  negative: NegativeCache;
  blobs: BlobStore;
  /** For copies of files that are looked into before they are kept. */
  spoolDir: string;
  upstream: Upstream;
  limits: GatewayLimits;
  logger: Logger;
  now: () => number;
}

/** A download that breaks off in the middle is begun again, as long as nobody has seen its bytes. */
const ATTEMPTS = 2;

export function createDepot(options: DepotOptions): Depot {
  const { index, logger } = options;
  const underWay = new Map<string, Promise<Download | undefined>>();

  /** What is known, when it is fresh; else the download that is under way, or a new one. */
  async function join(order: Order): Promise<Joined | FileRecord> {
    const first = underWay.get(order.path);
    if (first !== undefined) return { download: first, isMine: false };
    const known = await index.get(order.path);
    if (known !== undefined && isFresh(known, options)) return known;
    // Looking at the index took a moment: somebody else may have begun.
    const begun = underWay.get(order.path);
    if (begun !== undefined) return { download: begun, isMine: false };
    const download = fetchOrKeep(options, order, known);
    underWay.set(order.path, download);
    const leave = () => underWay.get(order.path) === download && underWay.delete(order.path);
    download.then((it) => it?.done).then(leave, leave);
    return { download, isMine: true };
  }

  async function take(order: Order, passOn = false): Promise<Taken | undefined> {
    for (let attempt = 1; ; attempt++) {
      const joined = await join(order);
      if ('digest' in joined) return { record: joined };
      const download = await joined.download;
      if (download === undefined) return undefined;
      const canPassOn = passOn && joined.isMine && download.head.size >= options.limits.passOnBytes;
      const live = canPassOn ? download.passOn() : undefined;
      if (live !== undefined) return { head: download.head, live, done: download.done };
      try {
        return { record: await download.done };
      } catch (error) {
        if (underWay.get(order.path) === joined.download) underWay.delete(order.path);
        if (!isTemporary(error) || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  return {
    take,
    async takeWhole(order) {
      const taken = await take(order);
      return taken === undefined || 'record' in taken ? taken?.record : taken.done;
    },
    async reportLost(record) {
      logger.error(
        { path: record.path, digest: record.digest },
        'the blob store lost a dependency; it is fetched again',
      );
      await index.put({ ...record, lost: true });
    },
    async idle() {
      while (underWay.size > 0)
        await Promise.allSettled([...underWay.values()].map((download) => download.then((it) => it?.done)));
    },
  };
}

interface Joined {
  download: Promise<Download | undefined>;
  isMine: boolean;
}

function isFresh(record: FileRecord, options: DepotOptions): boolean {
  if (record.lost === true) return false;
  return record.immutable || options.now() - record.fetchedAt < options.limits.metadataTtlMs;
}

/** Asks the upstream. What is here already, if only stale, is better than nothing when the upstream cannot answer. */
async function fetchOrKeep(
  options: DepotOptions,
  order: Order,
  known: FileRecord | undefined,
): Promise<Download | undefined> {
  const usable = known?.lost === true ? undefined : known;
  if (known === undefined && options.negative.has(order.path)) return undefined;
  let answer: UpstreamAnswer;
  try {
    answer = await options.upstream.get(order.base, order.url, conditions(order, usable));
  } catch (error) {
    if (usable === undefined) throw error;
    options.logger.warn(
      { path: order.path, reason: (error as Error).message },
      'the registry does not answer; served stale',
    );
    return settled(usable);
  }
  if (answer.status === 304 && usable !== undefined) {
    discard(answer);
    const renewed = { ...usable, fetchedAt: options.now() };
    await options.index.put(renewed);
    return settled(renewed);
  }
  if (answer.status === 404 || answer.status === 410) {
    discard(answer);
    options.negative.add(order.path);
    return undefined;
  }
  if (answer.status !== 200) {
    discard(answer);
    throw new SlowLaneError('gateway.upstream', `${order.url.href}: status ${answer.status}`);
  }
  return startDownload(options, order, { answer, known });
}

function settled(record: FileRecord): Download {
  const { size, contentType, lastModified } = record;
  return { head: { size, contentType, lastModified }, done: Promise.resolve(record), passOn: () => undefined };
}

function conditions(order: Order, known: FileRecord | undefined): Record<string, string> {
  return {
    ...(order.accept === undefined ? {} : { accept: order.accept }),
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.lastModified === undefined || known.etag !== undefined
      ? {}
      : { 'if-modified-since': known.lastModified }),
  };
}
