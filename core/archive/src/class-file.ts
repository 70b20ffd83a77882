/** The little of a class file that decides where it runs. */
export interface ClassFile {
  major: number;
  /** Binary name with dots: `a.b.Main`. */
  name: string;
  /** Has `public static void main(String[])`. */
  hasMain: boolean;
}

const MAGIC = 0xcafebabe;
const PUBLIC_STATIC = 0x0009;

/**
 * Reads version, name and methods; `undefined` when the bytes are no class file or end too early.
 * @see https://docs.oracle.com/javase/specs/jvms/se17/html/jvms-4.html
 */
export function readClassFile(bytes: Buffer): ClassFile | undefined {
  if (bytes.length < 10 || bytes.readUInt32BE(0) !== MAGIC) return undefined;
  try {
    const pool = readPool(bytes);
    const name = pool.className(bytes.readUInt16BE(pool.end + 2)).replaceAll('/', '.');
    const interfaces = bytes.readUInt16BE(pool.end + 6);
    const fields = pool.end + 8 + 2 * interfaces;
    const methods = skipMembers(bytes, fields);
    return { major: bytes.readUInt16BE(6), name, hasMain: hasMain(bytes, methods, pool) };
  } catch (error) {
    // Truncated or with indices that lead nowhere: a RangeError of the buffer or of the pool.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** All texts of the constant pool: names, descriptors and string constants. Empty when the bytes are no class file. */
export function classTexts(bytes: Buffer): string[] {
  if (bytes.length < 10 || bytes.readUInt32BE(0) !== MAGIC) return [];
  try {
    return readPool(bytes).texts();
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

interface ConstantPool {
  /** Offset of the first byte behind the pool. */
  end: number;
  text(index: number): string;
  className(index: number): string;
  texts(): string[];
}

/** Bytes behind the tag, by tag; texts (1) carry their own length. */
const constantSizes: Record<number, number> = {
  3: 4,
  4: 4,
  5: 8,
  6: 8,
  7: 2,
  8: 2,
  9: 4,
  10: 4,
  11: 4,
  12: 4,
  15: 3,
  16: 2,
  17: 4,
  18: 4,
  19: 2,
  20: 2,
};

function readPool(bytes: Buffer): ConstantPool {
  const count = bytes.readUInt16BE(8);
  const offsets = new Uint32Array(count);
  let at = 10;
  for (let index = 1; index < count; index++) {
    const tag = bytes.readUInt8(at);
    offsets[index] = at;
    const size = tag === 1 ? 2 + bytes.readUInt16BE(at + 1) : constantSizes[tag];
    if (size === undefined) throw new RangeError(`constant of tag ${tag}`);
    at += 1 + size;
    // Longs and doubles take two places.
    if (tag === 5 || tag === 6) index++;
  }
  const isText = (index: number) => offsets[index] !== undefined && offsets[index] !== 0 && bytes[offsets[index]] === 1;
  const text = (index: number): string => {
    if (!isText(index)) throw new RangeError(`no text at constant ${index}`);
    const offset = offsets[index] as number;
    return bytes.toString('utf8', offset + 3, offset + 3 + bytes.readUInt16BE(offset + 1));
  };
  return {
    end: at,
    text,
    className(index) {
      const offset = offsets[index];
      if (offset === undefined || offset === 0 || bytes[offset] !== 7)
        throw new RangeError(`no class at constant ${index}`);
      return text(bytes.readUInt16BE(offset + 1));
    },
    texts: () => [...offsets.keys()].filter(isText).map(text),
  };
}

/** Fields and methods have one shape: flags, name, descriptor, attributes. Gives the offset behind the table. */
function skipMembers(bytes: Buffer, table: number): number {
  let at = table + 2;
  for (let left = bytes.readUInt16BE(table); left > 0; left--) at = skipAttributes(bytes, at + 6);
  return at;
}

function skipAttributes(bytes: Buffer, table: number): number {
  let at = table + 2;
  for (let left = bytes.readUInt16BE(table); left > 0; left--) at += 6 + bytes.readUInt32BE(at + 2);
  return at;
}

function hasMain(bytes: Buffer, table: number, pool: ConstantPool): boolean {
  let at = table + 2;
  for (let left = bytes.readUInt16BE(table); left > 0; left--) {
    const isPublicStatic = (bytes.readUInt16BE(at) & PUBLIC_STATIC) === PUBLIC_STATIC;
    if (
      isPublicStatic &&
      pool.text(bytes.readUInt16BE(at + 2)) === 'main' &&
      pool.text(bytes.readUInt16BE(at + 4)) === '([Ljava/lang/String;)V'
    ) {
      return true;
    }
    at = skipAttributes(bytes, at + 6);
  }
  return false;
}
