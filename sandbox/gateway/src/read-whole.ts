import { readBlob } from '@slowlane/artifacts';
import { type BlobStore, SlowLaneError } from '@slowlane/contracts';
import type { Depot, Order } from './depot.ts';
import type { FileRecord } from './schema.ts';

/** A file that is read here, such as an index or a checksum. */
export type SmallOrder = Order & { maxBytes: number };

/** The bytes of a file; what the store has lost is fetched once more. `undefined`: the upstream does not have it. */
export function readWhole(depot: Depot, blobs: BlobStore, order: SmallOrder): Promise<Buffer | undefined> {
  return takeAndRead(depot, order, (record) => readBlob(blobs, record.digest, order.maxBytes));
}

/** The same for files that are asked for often: what was made of them is kept in `parsed`, of at most `max` files. */
export function createParsedFiles<T>(depot: Depot, blobs: BlobStore, max: number) {
  const parsed = new Map<string, T>();
  return (order: SmallOrder, parse: (bytes: Buffer, record: FileRecord) => T | Promise<T>): Promise<T | undefined> =>
    takeAndRead(depot, order, async (record) => {
      const key = `${record.path} ${record.digest}`;
      const known = parsed.get(key);
      if (known !== undefined) return known;
      const found = await parse(await readBlob(blobs, record.digest, order.maxBytes), record);
      parsed.set(key, found);
      if (parsed.size > max) parsed.delete(parsed.keys().next().value as string);
      return found;
    });
}

async function takeAndRead<T>(
  depot: Depot,
  order: SmallOrder,
  read: (record: FileRecord) => Promise<T>,
): Promise<T | undefined> {
  for (let attempt = 1; ; attempt++) {
    const record = await depot.takeWhole(order);
    if (record === undefined) return undefined;
    try {
      return await read(record);
    } catch (error) {
      if (!isCorrupt(error) || attempt > 1) throw error;
      await depot.reportLost(record);
    }
  }
}

/** The store does not have the bytes that it is asked for. */
export function isCorrupt(error: unknown): boolean {
  return error instanceof SlowLaneError && error.code === 'artifact.corrupt';
}
