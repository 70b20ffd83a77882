import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyReply } from 'fastify';

/** Streams text to the client as it comes; the head is sent at once. `gone` tells the source that the client went away. */
export async function sendLive(
  reply: FastifyReply,
  contentType: string,
  source: (gone: AbortSignal) => AsyncIterable<string>,
): Promise<void> {
  openLive(reply, contentType);
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  // Once the head is out, a broken connection is the only way left to say that something failed.
  await pipeline(Readable.from(source(gone.signal)), reply.raw).catch(() => reply.raw.destroy());
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
