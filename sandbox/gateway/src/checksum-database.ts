import { type BlobStore, type Logger, SlowLaneError } from '@slowlane/contracts';
import type { Announcement } from './announcement.ts';
import type { Depot } from './depot.ts';
import type { GoFile } from './go-module.ts';
import { hashesInTiles } from './log-tiles.ts';
import { leafHash, rootOver, type Tree } from './merkle-tree.ts';
import { readWhole } from './read-whole.ts';
import { type NoteKey, openNote, readNoteKey } from './signed-note.ts';
import type { UpstreamBase } from './upstream.ts';

/** The key that Go itself is built with: `cmd/go/internal/modfetch/key.go`. */
export const goChecksumKey = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';

const MAX_RECORD_BYTES = 65_536;
const MAX_TILE_BYTES = 8_192;

/** What Go's public log of module sums says, as module proxies pass it on. */
export interface ChecksumDatabase {
  /**
   * The sum of a file, from a record that is proven to be in the signed log; none where the proxy does not pass the log on, or the log does not
   * have the module. Throws `gateway.mismatch` when what is passed on is not the log's.
   */
  announced(base: UpstreamBase, file: GoFile): Promise<Announcement[]>;
}

export interface ChecksumDatabaseOptions {
  depot: Depot;
  blobs: BlobStore;
  logger: Logger;
  key: string;
}

/** @see https://go.dev/ref/mod#checksum-database */
export function createChecksumDatabase(options: ChecksumDatabaseOptions): ChecksumDatabase {
  const key = readNoteKey(options.key);
  // A record that the newest known tree has needs no newer one, whose last tiles would have to be fetched.
  const newest = new Map<string, Tree>();

  async function prove(base: UpstreamBase, record: LogRecord): Promise<void> {
    const signed = treeOf(openNote(record.note, key));
    if (signed === undefined) throw forged('the tree is not signed by it');
    const known = newest.get(base.url.href);
    const tree = known !== undefined && known.size > record.id ? known : signed;
    if (record.id >= tree.size) throw forged('the tree does not reach to the record');
    const fetch = (address: string) => take(options, key, base, { below: `tile/${address}`, maxBytes: MAX_TILE_BYTES });
    const root = await rootOver(leafHash(record.text), record.id, tree.size, hashesInTiles(tree.size, fetch));
    if (!root.equals(tree.root)) throw forged('the record is not in the tree');
    if (known === undefined || tree.size > known.size) newest.set(base.url.href, tree);
  }

  return {
    async announced(base, file) {
      try {
        const below = `lookup/${file.coordinate}`;
        if ((await take(options, key, base, { below: 'supported' })) === undefined) return [];
        const record = readRecord((await take(options, key, base, { below }))?.toString('utf8'));
        if (record === undefined) return [];
        await prove(base, record);
        return [{ kind: 'h1', sum: sumIn(record, file) }];
      } catch (error) {
        if (!(error instanceof Forged)) return [];
        const what = `${key.name}: ${file.coordinate}: ${error.message}`;
        options.logger.error(
          { upstream: base.url.href, what },
          'ALARM: a registry passes on a false record of checksums',
        );
        throw new SlowLaneError('gateway.mismatch', what);
      }
    },
  };
}

class Forged extends Error {}

function forged(what: string): Forged {
  return new Forged(what);
}

/** Nothing of it is kept for ever: bytes that the proof refuses must not stand in the way of the right ones. */
function take(
  { depot, blobs }: ChecksumDatabaseOptions,
  { name }: NoteKey,
  base: UpstreamBase,
  { below, maxBytes = MAX_RECORD_BYTES }: { below: string; maxBytes?: number },
): Promise<Buffer | undefined> {
  const path = `sumdb/${name}/${below}`;
  const url = new URL(`./${path}`, base.url);
  return readWhole(depot, blobs, { path: `/${base.registry}/${path}`, base, url, immutable: false, maxBytes });
}

interface LogRecord {
  id: number;
  /** Lines of a `go.sum`. */
  text: string;
  /** The signed tree that came with it. */
  note: string;
}

/** Anything else than a record is an answer of somebody who knows nothing of the log. */
function readRecord(answer: string | undefined): LogRecord | undefined {
  const [, id, text, note] = /^(\d{1,15})\n((?:[^\n]+\n)+)\n(.+)$/s.exec(answer ?? '') ?? [];
  return id === undefined || text === undefined || note === undefined ? undefined : { id: Number(id), text, note };
}

function treeOf(text: string | undefined): Tree | undefined {
  const [, size, root] = /^go\.sum database tree\n(\d{1,15})\n([A-Za-z0-9+/]{43}=)\n/.exec(text ?? '') ?? [];
  return size === undefined || root === undefined
    ? undefined
    : { size: Number(size), root: Buffer.from(root, 'base64') };
}

function sumIn({ text }: LogRecord, { module, version, kind }: GoFile): string {
  const start = `${module} ${version}${kind === 'mod' ? '/go.mod' : ''} `;
  const line = text.split('\n').find((one) => one.startsWith(start));
  if (line === undefined) throw forged('the record is of another module');
  return line.slice(start.length);
}
