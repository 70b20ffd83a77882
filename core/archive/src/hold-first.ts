import { Readable } from 'node:stream';

/**
 * Waits for the first bytes of a stream (fewer when it is shorter) without losing them: `rest` gives the whole stream from its start.
 * Destroying `rest` destroys the source.
 */
export async function holdFirst(source: Readable, count: number): Promise<{ first: Buffer; rest: Readable }> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const held: Buffer[] = [];
  let length = 0;
  while (length < count) {
    const next = await chunks.next();
    if (next.done === true) break;
    held.push(next.value);
    length += next.value.length;
  }
  const first = Buffer.concat(held);
  return { first: first.subarray(0, count), rest: Readable.from(replay(first, source, chunks), { objectMode: false }) };
}

async function* replay(first: Buffer, source: Readable, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  } finally {
    source.destroy();
  }
}
