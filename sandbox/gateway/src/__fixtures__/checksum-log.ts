import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { LoopbackRegistry } from './loopback-registry.ts';

/** A log of module sums as sum.golang.org keeps one, with a key of its own; made by the definitions, slowly. */
export interface ChecksumLog {
  /** As Go's tools write it. */
  key: string;
  /** Adds a module with the lines of its `go.sum`. */
  add(coordinate: string, lines: readonly string[]): void;
  /** Answers below `/sumdb/NAME/` of a registry, as the log is now. */
  publish(registry: LoopbackRegistry, base: string, change?: (path: string, answer: Buffer) => Buffer): void;
}

const name = 'sums.example.org';
const sha256 = (...parts: (string | Buffer)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** `entries`: how many modules of others are in it. */
export function createChecksumLog(entries: number): ChecksumLog {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.concat([Buffer.of(1), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const keyHash = sha256(`${name}\n`, raw).subarray(0, 4);
  const records = Array.from({ length: entries }, (_, index) => `example.org/m${index} v1.0.0 h1:none\n`);
  const coordinates = new Map<string, number>();

  function signedTree(): string {
    const text = `go.sum database tree\n${records.length}\n${rootOf(records).toString('base64')}\n`;
    const signature = Buffer.concat([keyHash, sign(null, Buffer.from(text), privateKey)]);
    return `${text}\n— ${name} ${signature.toString('base64')}\n`;
  }

  return {
    key: `${name}+${keyHash.toString('hex')}+${raw.toString('base64')}`,
    add(coordinate, lines) {
      coordinates.set(coordinate, records.length);
      records.push(lines.map((line) => `${line}\n`).join(''));
    },
    publish(registry, base, change = (_path, answer) => answer) {
      const note = signedTree();
      const put = (path: string, answer: string | Buffer): void =>
        void registry.replies.set(`${base}/sumdb/${name}/${path}`, change(path, Buffer.from(answer)));
      put('supported', '');
      for (const [coordinate, id] of coordinates) put(`lookup/${coordinate}`, `${id}\n${records[id]}\n${note}`);
      for (const [path, tile] of tilesOf(records)) put(`tile/${path}`, tile);
    },
  };
}

/** @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1 */
export function rootOf(records: readonly string[]): Buffer {
  return over(leavesOf(records));
}

function leavesOf(records: readonly string[]): Buffer[] {
  return records.map((record) => sha256(Buffer.of(0), record));
}

function over(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 1) return hashes[0] as Buffer;
  const half = 2 ** Math.ceil(Math.log2(hashes.length) - 1);
  return sha256(Buffer.of(1), over(hashes.slice(0, half)), over(hashes.slice(half)));
}

/** The tiles of a log of less than 256,000 records: full ones, and the last of each row with its width. */
export function tilesOf(records: readonly string[]): [string, Buffer][] {
  const tiles: [string, Buffer][] = [];
  let hashes = leavesOf(records);
  for (let row = 0; hashes.length > 0; row++) {
    for (let column = 0; column * 256 < hashes.length; column++) {
      const tile = hashes.slice(column * 256, (column + 1) * 256);
      const partial = tile.length < 256 ? `.p/${tile.length}` : '';
      tiles.push([`8/${row}/${String(column).padStart(3, '0')}${partial}`, Buffer.concat(tile)]);
    }
    const below = hashes;
    hashes = Array.from({ length: Math.floor(below.length / 256) }, (_, index) =>
      over(below.slice(index * 256, (index + 1) * 256)),
    );
  }
  return tiles;
}
