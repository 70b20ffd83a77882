import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCodes, failureOf } from '@slowlane/contracts';

export interface Body {
  stream: Readable;
  /** -1: not known before its end. */
  size: number;
  contentType: string | undefined;
  lastModified?: string | undefined;
  /** `sha256:…`, when it is known before the first byte. */
  digest?: string;
}

/** Sends 200, or 304 when the client has these bytes. Rejects when the body breaks off: then the connection is cut, never ended well. */
export async function respondWith(request: IncomingMessage, response: ServerResponse, body: Body): Promise<void> {
  const etag = body.digest === undefined ? undefined : `"${body.digest.replace(':', '-')}"`;
  response.setHeader('content-type', body.contentType ?? 'application/octet-stream');
  if (body.size >= 0) response.setHeader('content-length', body.size);
  if (body.lastModified !== undefined) response.setHeader('last-modified', body.lastModified);
  if (etag !== undefined) response.setHeader('etag', etag);
  const isHead = request.method === 'HEAD';
  const isKnown = etag !== undefined && request.headers['if-none-match'] === etag;
  if (isHead || isKnown) {
    body.stream.on('error', () => undefined).destroy();
    if (isKnown) response.removeHeader('content-length');
    response.writeHead(isKnown ? 304 : 200).end();
    return;
  }
  response.writeHead(200);
  await pipeline(body.stream, response);
}

/** One line of text, which the tools show in their logs. */
export function respondText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.removeHeader('etag');
  response.removeHeader('last-modified');
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text) + 1,
    ...headers,
  });
  response.end(`${text}\n`);
}

export function respondFailure(response: ServerResponse, error: unknown): void {
  const failure = failureOf(error);
  respondText(response, errorCodes[failure.code].status, `${failure.code}: ${failure.message}`);
}
