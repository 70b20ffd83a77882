import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Reply =
  string | Buffer | { status?: number; headers?: Record<string, string>; body?: string | Buffer } | Handler;
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A registry on loopback whose answers a test sets while it runs. */
export interface LoopbackRegistry {
  /** Ends without a slash. */
  url: string;
  replies: Map<string, Reply>;
  /** Paths asked for, in their order. */
  asked: string[];
  /** Largest number of requests that were open at once. */
  mostAtOnce(): number;
  connections(): number;
  stop(): Promise<void>;
}

export async function startRegistry(replies: Record<string, Reply> = {}): Promise<LoopbackRegistry> {
  const table = new Map(Object.entries(replies));
  const asked: string[] = [];
  let open = 0;
  let most = 0;
  let connections = 0;
  const server = createServer((request, response) => {
    const path = request.url as string;
    asked.push(path);
    most = Math.max(most, ++open);
    response.on('close', () => open--);
    send(table.get(path) ?? { status: 404, body: 'no such file' }, request, response);
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    replies: table,
    asked,
    mostAtOnce: () => most,
    connections: () => connections,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
  if (typeof reply === 'function') return reply(request, response);
  const {
    status = 200,
    headers = {},
    body = '',
  } = typeof reply === 'string' || Buffer.isBuffer(reply) ? { body: reply } : reply;
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
}
