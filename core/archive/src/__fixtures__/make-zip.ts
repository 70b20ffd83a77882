import { crc32, deflateRawSync } from 'node:zlib';

export interface RawZipEntry {
  path: string;
  content?: string | Buffer;
  /** Unix mode in the directory: 0o120777 is a link. */
  mode?: number;
  /** Size stated in the directory, when it is to differ from the content's. */
  size?: number;
}

/** A zip as an attacker would write it: nothing is checked. */
export function makeZip(entries: readonly RawZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.path);
    const content = Buffer.from(entry.content ?? '');
    const packed = deflateRawSync(content);
    const sizes = { packed: packed.length, full: entry.size ?? content.length, crc: crc32(content) };
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(0x0800, 6);
    local.writeUInt16LE(8, 8);
    writeSizes(local, 14, sizes);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(0x0314, 4);
    central.writeUInt16LE(20, 6);
    central.writeUInt16LE(0x0800, 8);
    central.writeUInt16LE(8, 10);
    writeSizes(central, 16, sizes);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    locals.push(local, name, packed);
    directory.push(central, name);
    offset += local.length + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  const directoryBytes = Buffer.concat(directory);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directoryBytes, end]);
}

function writeSizes(block: Buffer, at: number, sizes: { packed: number; full: number; crc: number }): void {
  block.writeUInt32LE(sizes.crc, at);
  block.writeUInt32LE(sizes.packed, at + 4);
  block.writeUInt32LE(sizes.full, at + 8);
}
