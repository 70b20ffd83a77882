import { describe, expect, it } from 'vitest';
import { rootOf, tilesOf } from './__fixtures__/checksum-log.ts';
import { hashesInTiles } from './log-tiles.ts';
import { leafHash, rootOver } from './merkle-tree.ts';

const recordsOf = (size: number): string[] => Array.from({ length: size }, (_, index) => `record ${index}\n`);

describe('the root of a log over one of its entries', () => {
  it.each([1, 2, 3, 7, 255, 256, 257, 300, 511, 513, 66_000])('is that of all %i entries', async (size) => {
    const records = recordsOf(size);
    const tiles = new Map(tilesOf(records));
    const root = rootOf(records).toString('hex');
    for (const at of new Set([0, 1, Math.floor(size / 2), size - 2, size - 1].filter((at) => at >= 0 && at < size))) {
      const hashAt = hashesInTiles(size, async (address) => tiles.get(address));
      const over = await rootOver(leafHash(records[at] as string), at, size, hashAt);
      expect(over.toString('hex'), `entry ${at}`).toBe(root);
      const moved = await rootOver(leafHash('another record\n'), at, size, hashAt);
      expect(moved.toString('hex'), `entry ${at}`).not.toBe(root);
    }
  });

  it('reads a tile that has become full since the tree was signed', async () => {
    const records = recordsOf(300);
    const tiles = new Map([...tilesOf(records), ...tilesOf(recordsOf(600))]);
    expect(tiles.delete('8/0/001.p/44')).toBe(true);
    const hashAt = hashesInTiles(300, async (address) => tiles.get(address));
    const over = await rootOver(leafHash('record 280\n'), 280, 300, hashAt);
    expect(over.equals(rootOf(records))).toBe(true);
  });

  it('asks for each tile once, by three digits a part', async () => {
    const asked: string[] = [];
    const hashAt = hashesInTiles(400_000_000, async (address) => {
      asked.push(address);
      return Buffer.alloc(8_192);
    });
    await Promise.all([hashAt(0, 320_000_000), hashAt(3, 40_000_001), hashAt(0, 320_000_001)]);
    expect(asked).toEqual(['8/0/x001/x250/000']);
  });
});
