import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyReply } from 'fastify';
import type { Readers } from './silent-readers.ts';

/** Bytes: what is held for a client that does not read, besides the piece of text that it is cut from. */
const SLICE = 65_536;

interface Live {
  contentType: string;
  readers: Readers;
}

/**
 * Streams text to the client as it comes, and no faster than it is taken; the head is sent at once. `gone` tells the source that the client went
 * away, or was cut off because it did not read.
 */
export async function sendLive(
  reply: FastifyReply,
  { contentType, readers }: Live,
  source: (gone: AbortSignal) => AsyncIterable<string>,
): Promise<void> {
  openLive(reply, contentType);
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  readers.watch(reply.raw);
  const slices = Readable.from(sliced(source(gone.signal), readers), { objectMode: false, highWaterMark: SLICE });
  // Once the head is out, a broken connection is the only way left to say that something failed.
  await pipeline(slices, reply.raw).catch(() => reply.raw.destroy());
}

/** Small enough that a slow client can be told from one that takes nothing: within one write it is not seen how far it came. */
async function* sliced(source: AsyncIterable<string>, readers: Readers): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    const bytes = Buffer.from(piece);
    for (let from = 0; from < bytes.length; from += SLICE) {
      yield bytes.subarray(from, from + SLICE);
      readers.holdTotal();
    }
  }
}

/** Takes the connection over from Fastify and sends the head. */
export function openLive(reply: FastifyReply, contentType: string): void {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': contentType,
    'cache-control': 'no-cache, no-transform',
    // Some proxies hold a stream back until it ends, unless they are told.
    'x-accel-buffering': 'no',
    // A stream may end while the server closes, and a connection that then stays open would hold the server up.
    connection: 'close',
  });
  reply.raw.flushHeaders();
}
