import { createServer } from 'node:http';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';

export interface Delivery {
  id: string;
  verified: boolean;
  body: unknown;
}

/**
 * The client's side of the final signal: a web server that takes Standard Webhooks and checks their signature.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function startListener(
  port: number,
  secret: string,
): Promise<{ url: string; next: Promise<Delivery>; close(): Promise<void> }> {
  let arrived: (delivery: Delivery) => void = () => undefined;
  const next = new Promise<Delivery>((resolve) => (arrived = resolve));
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const id = String(request.headers['webhook-id']);
    const signed = `${id}.${String(request.headers['webhook-timestamp'])}.${body}`;
    response.writeHead(204).end();
    arrived({
      id,
      verified: isSigned(signed, String(request.headers['webhook-signature']), secret),
      body: JSON.parse(body),
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${address.port}/done`,
    next,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function isSigned(signed: string, header: string, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(signed).digest();
  return header.split(' ').some((part) => {
    const given = Buffer.from(part.replace(/^v1,/, ''), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
