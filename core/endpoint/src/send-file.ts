import type { IncomingHttpHeaders } from 'node:http';
import type { ResultLinks } from '@slowlane/contracts';
import type { FastifyReply } from 'fastify';
import { rangeOf, sliceOf } from './byte-range.ts';
import { resultHeaders } from './result-headers.ts';

type OpenFile = Awaited<ReturnType<ResultLinks['open']>>;

/** Answers with a file, a range of it, its head, or the news that the client has it already. Throws `result.range`. */
export function sendFile(
  { stream, size, contentType, etag }: OpenFile,
  call: { name: string; headers: IncomingHttpHeaders; reply: FastifyReply; isHead: boolean },
): FastifyReply {
  const { headers, reply } = call;
  // A range of another version, glued to what the client has, would be a broken file.
  const isSame = headers['if-range'] === undefined || headers['if-range'] === etag;
  const range = isSame ? rangeOf(headers.range, size) : undefined;
  reply.headers({ ...resultHeaders(call.name, contentType), 'accept-ranges': 'bytes' });
  if (etag !== undefined) reply.header('etag', etag);
  if (etag !== undefined && headers['if-none-match'] === etag) {
    stream.destroy();
    return reply.code(304).send(null);
  }
  if (range !== undefined) reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${size}`);
  reply.header('content-length', range === undefined ? size : range.last - range.first + 1);
  if (!call.isHead) return reply.send(range === undefined ? stream : sliceOf(stream, range));
  stream.destroy();
  return reply.send(null);
}
