import { Header, Pax } from 'tar';

/** One header as an attacker would write it: nothing is checked. */
export interface RawEntry {
  path: string;
  type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'FIFO' | 'CharacterDevice';
  mode?: number;
  linkpath?: string;
  content?: string | Buffer;
  /** Size stated in the header, when it is to differ from the content's. */
  size?: number;
}

export function makeTar(entries: readonly RawEntry[]): Buffer {
  return Buffer.concat([...entries.map(rawEntry), Buffer.alloc(1024)]);
}

function rawEntry(entry: RawEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const header = new Header({
    path: entry.path,
    mode: entry.mode ?? 0o644,
    uid: 1000,
    gid: 1000,
    size: entry.size ?? content.length,
    mtime: new Date(0),
    type: entry.type ?? 'File',
    linkpath: entry.linkpath ?? '',
  });
  const block = Buffer.alloc(512);
  const needsPax = header.encode(block);
  const pax = needsPax ? new Pax({ path: entry.path }).encode() : Buffer.alloc(0);
  return Buffer.concat([pax, block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
