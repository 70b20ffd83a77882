import { crc32 } from 'node:zlib';

/** The name is UTF-8. */
const utf8 = 0x0800;

/** A zip, not compressed, with its files in this order. */
export function storedZip(files: Iterable<readonly [path: string, content: string | Buffer]>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  let count = 0;
  for (const [path, text] of files) {
    const [name, content] = [Buffer.from(path), typeof text === 'string' ? Buffer.from(text) : text];
    const sizes = [crc32(content), content.length, content.length];
    const flags = name.some((byte) => byte > 0x7f) ? utf8 : 0;
    const local = block(30, 0x04034b50, { 4: 20, 6: flags, 26: name.length }, { at: 14, sizes });
    const central = block(46, 0x02014b50, { 4: 20, 6: 20, 8: flags, 28: name.length }, { at: 16, sizes });
    central.writeUInt32LE(offset, 42);
    locals.push(local, name, content);
    directory.push(central, name);
    count++;
    offset += local.length + name.length + content.length;
  }
  const entries = Buffer.concat(directory);
  const end = block(22, 0x06054b50, { 8: count, 10: count }, { at: 12, sizes: [entries.length, offset] });
  return Buffer.concat([...locals, entries, end]);
}

function block(
  length: number,
  signature: number,
  shorts: Record<number, number>,
  { at, sizes }: { at: number; sizes: number[] },
): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32LE(signature, 0);
  for (const [place, value] of Object.entries(shorts)) bytes.writeUInt16LE(value, Number(place));
  for (const [index, value] of sizes.entries()) bytes.writeUInt32LE(value, at + 4 * index);
  return bytes;
}
