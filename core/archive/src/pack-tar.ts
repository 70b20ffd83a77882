import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { SlowLaneError } from '@slowlane/contracts';
import { Header, Pax } from 'tar';

/** One entry to be written. `content` is called when its turn comes; it must give exactly `size` bytes. */
export type TarInput =
  | { path: string; kind: 'folder' }
  | {
      path: string;
      kind: 'file';
      executable?: boolean;
      size: number;
      content: () => Uint8Array | Readable | Promise<Uint8Array | Readable>;
    };

export interface PackOptions {
  /** Epoch seconds, the same for every entry; default 0. */
  mtime?: number;
  gzip?: boolean;
}

const BLOCK = 512;

/** The same entries give the same bytes: sorted by path, uid and gid 0, mode 0644 or 0755, one mtime. */
export function packTar(entries: readonly TarInput[], options: PackOptions = {}): Readable {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const tar = Readable.from(blocks(sorted, options.mtime ?? 0), { objectMode: false, highWaterMark: 65_536 });
  if (options.gzip !== true) return tar;
  return pipeline(tar, createGzip({ level: 6 }), () => undefined);
}

async function* blocks(entries: readonly TarInput[], mtime: number): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    yield headerOf(entry, mtime);
    if (entry.kind === 'file') yield* contentOf(entry);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function headerOf(entry: TarInput, mtime: number): Buffer {
  const isFolder = entry.kind === 'folder';
  const fields = {
    path: isFolder ? `${entry.path}/` : entry.path,
    mode: isFolder || entry.executable === true ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size: isFolder ? 0 : entry.size,
    mtime: new Date(mtime * 1000),
    type: isFolder ? ('Directory' as const) : ('File' as const),
    uname: '',
    gname: '',
  };
  const block = Buffer.alloc(BLOCK);
  const needsPax = new Header(fields).encode(block);
  if (!needsPax) return block;
  const pax = new Pax({ path: fields.path, size: fields.size, uid: 0, gid: 0, mtime: fields.mtime }).encode();
  return Buffer.concat([pax, block]);
}

async function* contentOf(entry: Extract<TarInput, { kind: 'file' }>): AsyncGenerator<Buffer> {
  const content = await entry.content();
  let written = 0;
  for await (const chunk of content instanceof Readable ? content : [content]) {
    const bytes = Buffer.from(chunk as Uint8Array);
    written += bytes.length;
    if (written > entry.size) break;
    yield bytes;
  }
  if (written !== entry.size) {
    throw new SlowLaneError('archive.refused', `${entry.path}: its size changed while it was read`, {
      hint: 'Let the file rest and try again.',
    });
  }
  const padding = (BLOCK - (entry.size % BLOCK)) % BLOCK;
  if (padding > 0) yield Buffer.alloc(padding);
}
