import { rootCertificates } from 'node:tls';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';

/** One HTTP exchange, as plain as it gets: no retry, no redirect followed, no meaning given to the status. */
export interface Transport {
  send(request: WireRequest): Promise<WireResponse>;
  close(): Promise<void>;
}

export interface WireRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, already encoded. */
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array | Readable | undefined;
  /** Until the answer's headers are there, and between two pieces of its body. */
  timeoutMs: number;
  signal: AbortSignal;
}

export interface WireResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Dispatcher.ResponseData['body'];
}

/**
 * Connections to one workspace. The certificate is always verified, whatever `NODE_TLS_REJECT_UNAUTHORIZED` says; `caBundle` (PEM) adds a
 * company's own CAs to the public ones. Upload streams are sent with their content length, and a stream of another length is an error.
 */
export function createTransport(origin: URL, caBundle: string | undefined): Transport {
  const agent = new Agent({
    connect: {
      rejectUnauthorized: true,
      timeout: 10_000,
      ...(caBundle === undefined ? {} : { ca: [...rootCertificates, caBundle] }),
    },
    strictContentLength: true,
    keepAliveTimeout: 20_000,
  });
  return {
    async send({ method, path, headers, body, timeoutMs, signal }) {
      const {
        statusCode,
        headers: answered,
        body: received,
      } = await agent.request({
        origin,
        method,
        path,
        headers,
        body: body ?? null,
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      return { status: statusCode, headers: answered, body: received };
    },
    close: () => agent.close(),
  };
}
