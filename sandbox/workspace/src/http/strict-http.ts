import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { ApiError } from './api-error.ts';

/** Options of Fastify for what never becomes a call. */
export const strictHttp = {
  // Answered by `refuseAmbiguous` in the usual shape; Node's own answer has no body.
  http: { requireHostHeader: false },
  rewriteUrl: originForm,
  clientErrorHandler: (error: NodeJS.ErrnoException, socket: Duplex): void => answerUnparsable(error, socket),
  // Of silence: an upload that stopped or a caller that sends nothing gives its connection back.
  connectionTimeout: 900_000,
};

/**
 * The target without scheme and host (`GET http://host/path`, RFC 9112 3.2.2), so that everything behind sees one form of address. What
 * is no URL stays as it is and finds no route.
 */
function originForm(request: { url?: string | undefined }): string {
  const target = request.url ?? '/';
  if (target.startsWith('/') || !URL.canParse(target)) return target;
  return target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/^(?!\/)/, '/');
}

/** Refuses what two programs on the way could read in two ways, and bodies in a coding that nobody would decode. */
export function refuseAmbiguous(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => {
    const hosts = countOf(raw, 'host');
    if (hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1'))
      throw malformed(400, `A request has one Host header, not ${hosts}.`);
    if (countOf(raw, 'authorization') > 1) throw malformed(400, 'A request has one Authorization header, not several.');
    const coding = raw.headers['content-encoding'] ?? 'identity';
    if (coding !== 'identity') throw malformed(415, `Content-Encoding ${coding.slice(0, 40)} is not supported.`);
  });
  answerOddRequests(app.server);
}

function countOf({ rawHeaders }: IncomingMessage, name: string): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}

/** Without listeners Node drops the one without a word and answers the other with no body. */
function answerOddRequests(server: Server): void {
  server.on('connect', (_request: IncomingMessage, socket: Duplex) =>
    end(socket, 501, 'NOT_IMPLEMENTED', 'CONNECT is not implemented by the local workspace.'),
  );
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const body = shape('MALFORMED_REQUEST', 'The only expectation that is known is 100-continue.');
    const headers = { 'content-type': 'application/json', 'content-length': body.length, connection: 'close' };
    response.writeHead(417, headers).end(body);
  });
}

/** Bytes that are no HTTP: one answer in the usual shape, then the end, because nobody knows where the next request would begin. */
function answerUnparsable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  if (error.code === 'HPE_HEADER_OVERFLOW') return end(socket, 431, 'MALFORMED_REQUEST', 'The headers are too large.');
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return end(socket, 408, 'MALFORMED_REQUEST', 'The request took too long.');
  return end(socket, 400, 'MALFORMED_REQUEST', 'The request is not HTTP/1.1.');
}

const reasons: Record<number, string> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
};

function end(socket: Duplex, status: number, code: string, message: string): void {
  const body = shape(code, message);
  const head = `HTTP/1.1 ${status} ${reasons[status]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
  socket.on('error', () => {});
  socket.end(`${head}\r\n\r\n${body}`);
}

function shape(code: string, message: string): string {
  return JSON.stringify({ error_code: code, message });
}

function malformed(status: number, message: string): ApiError {
  return new ApiError(status, 'MALFORMED_REQUEST', message);
}
