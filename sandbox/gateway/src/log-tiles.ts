import { type HashAt, nodeHash } from './merkle-tree.ts';

/** 2 ** 8 hashes of 32 bytes. */
const HEIGHT = 8;
const WIDTH = 2 ** HEIGHT;
const HASH_BYTES = 32;

/** The bytes of a tile by its address below `tile/`; `undefined`: the log does not give it in this form. */
export type FetchTile = (address: string) => Promise<Buffer | undefined>;

/**
 * Hashes out of the tiles of a log of `size` entries, each tile asked for once. Rejects where one is missing.
 *
 * @see https://research.swtch.com/tlog#tiling_a_log
 */
export function hashesInTiles(size: number, fetch: FetchTile): HashAt {
  const tiles = new Map<string, Promise<Buffer>>();
  return async (level, index) => {
    const row = Math.floor(level / HEIGHT);
    const count = 2 ** (level % HEIGHT);
    const first = index * count;
    const tile = { row, column: Math.floor(first / WIDTH), of: Math.floor(size / WIDTH ** row) };
    const address = addressOf(tile.row, tile.column);
    const read = tiles.get(address) ?? readTile(fetch, address, Math.min(WIDTH, tile.of - tile.column * WIDTH));
    tiles.set(address, read);
    const at = (first % WIDTH) * HASH_BYTES;
    return joined((await read).subarray(at, at + count * HASH_BYTES));
  };
}

/** A tile that is not full when the tree ends may have become full since. */
async function readTile(fetch: FetchTile, address: string, width: number): Promise<Buffer> {
  const bytes = (width < WIDTH ? await fetch(`${address}.p/${width}`) : undefined) ?? (await fetch(address));
  if (bytes === undefined || bytes.length < width * HASH_BYTES) throw new Error(`tile ${address} is not there`);
  return bytes;
}

function joined(hashes: Buffer): Buffer {
  if (hashes.length === HASH_BYTES) return hashes;
  const half = hashes.length / 2;
  return nodeHash(joined(hashes.subarray(0, half)), joined(hashes.subarray(half)));
}

/** `8/0/x001/234`: three digits a part. */
function addressOf(row: number, column: number): string {
  const parts = [String(column % 1_000).padStart(3, '0')];
  for (let rest = Math.floor(column / 1_000); rest > 0; rest = Math.floor(rest / 1_000))
    parts.unshift(`x${String(rest % 1_000).padStart(3, '0')}`);
  return [HEIGHT, row, ...parts].join('/');
}
