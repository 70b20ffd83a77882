import { createHash } from 'node:crypto';

/** Size and root of a log to which entries are only ever added. */
export interface Tree {
  size: number;
  root: Buffer;
}

/** The hash over the `2 ** level` entries that begin at `index * 2 ** level`; level 0 are the entries themselves. */
export type HashAt = (level: number, index: number) => Promise<Buffer>;

/** @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1 */
export function leafHash(entry: string): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(entry).digest();
}

export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

/**
 * The root of the tree in which `leaf` is entry `at`. The other hashes may come from anybody: where the result is the root that was signed, the
 * entry is in that tree at that place.
 */
export function rootOver(leaf: Buffer, at: number, size: number, hashAt: HashAt): Promise<Buffer> {
  const over = async (from: number, to: number): Promise<Buffer> => {
    if (to - from === 1 && from === at) return leaf;
    const half = halfOf(to - from);
    const isApart = at < from || at >= to;
    // Half of it and half again make all of it: then its entries fill a whole subtree.
    if (isApart && half * 2 === to - from) return hashAt(Math.log2(to - from), from / (to - from));
    if (isApart && to - from === 1) return hashAt(0, from);
    return nodeHash(...(await Promise.all([over(from, from + half), over(from + half, to)])));
  };
  return over(0, size);
}

/** Largest power of two that is smaller. */
function halfOf(count: number): number {
  let half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}
