import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Logger } from '@slowlane/contracts';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { createWebhookSender, type WebhookSenderDeps } from './webhook-sender.ts';
import { deriveWebhookSecret } from './webhook-secret.ts';

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const key = Buffer.alloc(32, 3);
const event = {
  id: 'evt_01J0000000000000000000000A',
  type: 'request.succeeded',
  body: { state: 'succeeded', note: 'größer' },
  audience: { principal: 'erp' },
};

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function listener(answer: RequestListener) {
  const calls: { headers: IncomingMessage['headers']; body: string; method: string | undefined }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ headers: request.headers, body, method: request.method });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { calls, port, host: `127.0.0.1:${port}` };
}

function sender(deps: Partial<WebhookSenderDeps>) {
  const made = createWebhookSender({
    allow: [],
    secret: (audience) => deriveWebhookSecret(key, audience),
    logger: quiet,
    ...deps,
  });
  cleanUps.push(() => made.close());
  return made;
}

function ok(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(204).end();
}

describe('a webhook', () => {
  it('arrives with a signature that the receiver can check with its own secret', async () => {
    const { calls, host } = await listener(ok);
    expect(await sender({ allow: [host] }).deliver(`http://${host}/hook`, event)).toEqual({ status: 204 });

    const [call] = calls;
    expect(call?.method).toBe('POST');
    expect(call?.headers['webhook-id']).toBe(event.id);
    const secret = deriveWebhookSecret(key, { principal: 'erp' });
    const verified = new Webhook(secret).verify(call?.body ?? '', call?.headers as Record<string, string>);
    expect(verified).toEqual(event.body);
    const foreign = new Webhook(deriveWebhookSecret(key, { pipeline: 'erp' }));
    expect(() => foreign.verify(call?.body ?? '', call?.headers as Record<string, string>)).toThrow(
      'No matching signature',
    );
  });

  it.each([500, 404, 301, 302, 307, 308])(
    'that is answered with %i is undeliverable, and a redirect is not followed',
    async (status) => {
      const inner = await listener(ok);
      const { host } = await listener((_request, response) => {
        response.writeHead(status, { location: `http://${inner.host}/secret` }).end('x');
      });
      await expect(sender({ allow: [host, inner.host] }).deliver(`http://${host}/hook`, event)).rejects.toMatchObject({
        code: 'notify.undeliverable',
        kind: 'temporary',
        message: expect.stringContaining(`answered ${status}`) as string,
      });
      expect(inner.calls).toEqual([]);
    },
  );

  it('to a host that does not listen is undeliverable', async () => {
    const { host } = await listener(ok);
    await cleanUps.pop()?.();
    await expect(sender({ allow: [host] }).deliver(`http://${host}/`, event)).rejects.toMatchObject({
      code: 'notify.undeliverable',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('to a host that never answers ends with the time limit', async () => {
    const { host } = await listener(() => undefined);
    const impatient = sender({ allow: [host], timeoutMs: 50 });
    await expect(impatient.deliver(`http://${host}/`, event)).rejects.toMatchObject({ code: 'notify.undeliverable' });
  });

  it('is delivered although the answer never ends', async () => {
    let isClosed: Promise<void> | undefined;
    const { host } = await listener((_request, response) => {
      isClosed = new Promise((resolve) => response.once('close', () => resolve()));
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) continue;
      };
      response.on('drain', pour);
      pour();
    });
    expect(await sender({ allow: [host] }).deliver(`http://${host}/`, event)).toEqual({ status: 200 });
    await isClosed;
  });

  it('is not sent to an inner address that the operator did not name, however it is written', async () => {
    const { calls, port } = await listener(ok);
    for (const host of [
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '[::ffff:127.0.0.1]',
      '[::1]',
      '0.0.0.0',
      '169.254.169.254',
    ]) {
      for (const scheme of ['http', 'https']) {
        await expect(sender({}).deliver(`${scheme}://${host}:${port}/`, event), host).rejects.toMatchObject({
          code: 'notify.refused',
          kind: 'user',
        });
      }
    }
    expect(calls).toEqual([]);
  });

  it('is not sent to a name that resolves to an inner address', async () => {
    const { calls, port } = await listener(ok);
    const toLoopback: LookupFunction = (_name, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    await expect(
      sender({ lookup: toLoopback }).deliver(`https://hooks.example.org:${port}/`, event),
    ).rejects.toMatchObject({
      code: 'notify.refused',
      message: 'hooks.example.org is 127.0.0.1, an address inside our network, and is not called',
    });
    expect(calls).toEqual([]);
  });

  it('goes to a named host wherever that is', async () => {
    const { calls, port } = await listener(ok);
    const toLoopback: LookupFunction = (_name, options, callback) =>
      options.all === true ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4);
    const made = sender({ allow: [`hooks.example.org:${port}`], lookup: toLoopback });
    expect(await made.deliver(`http://hooks.example.org:${port}/`, event)).toEqual({ status: 204 });
    expect(calls).toHaveLength(1);
  });

  it.each(['ftp://example.org/', 'https://user:secretpass@example.org/', 'nonsense'])(
    'is not sent to %s',
    async (url) => {
      await expect(sender({}).deliver(url, event)).rejects.toMatchObject({ code: 'notify.refused' });
    },
  );

  it('keeps the path and query of the address out of its failure', async () => {
    const { host } = await listener((_request, response) => void response.writeHead(500).end());
    const failure = await sender({ allow: [host] })
      .deliver(`http://${host}/T0/B0/key?token=abc`, event)
      .catch((error: Error) => error.message);
    expect(failure).toBe(`http://${host} answered 500`);
  });
});
