import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createLookupClient } from './lookup-client.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function clientFor(allow: string[], lookup?: LookupFunction) {
  const client = createLookupClient({ allow, ...(lookup === undefined ? {} : { lookup }) });
  cleanUps.push(() => client.close());
  return client;
}

const limits = { timeoutMs: 5_000, maxBytes: 100 };

describe('a look-up over HTTP', () => {
  it('gives status and JSON of a host that is named', async () => {
    const host = await serve((request, response) => response.end(JSON.stringify({ path: request.url })));
    await expect(clientFor([host]).get(`http://${host}/a?b=c`, limits)).resolves.toEqual({
      status: 200,
      json: { path: '/a?b=c' },
    });
  });

  it('follows no redirect', async () => {
    const asked: (string | undefined)[] = [];
    const host = await serve((request, response) => {
      asked.push(request.url);
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
    });
    await expect(clientFor([host]).get(`http://${host}/`, limits)).resolves.toMatchObject({ status: 302 });
    expect(asked).toEqual(['/']);
  });

  it('stops reading at the cap', async () => {
    const host = await serve((_request, response) => response.end('x'.repeat(10_000)));
    await expect(clientFor([host]).get(`http://${host}/`, limits)).rejects.toMatchObject({
      code: 'mediate.lookup-unavailable',
      message: expect.stringContaining('more than 100 bytes') as string,
    });
  });

  it('waits only so long', async () => {
    const host = await serve(() => undefined);
    await expect(clientFor([host]).get(`http://${host}/`, { ...limits, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'mediate.lookup-unavailable',
    });
  });

  it('refuses a host that is not named', async () => {
    await expect(clientFor(['a.example']).get('https://b.example/', limits)).rejects.toMatchObject({
      code: 'mediate.lookup-refused',
    });
  });

  it('refuses a name below an allowed domain that leads inside', async () => {
    const inside: LookupFunction = (_name, _options, done) =>
      done(null, [{ address: '169.254.169.254', family: 4 }] as never);
    await expect(clientFor(['*.example'], inside).get('https://a.example/', limits)).rejects.toMatchObject({
      code: 'mediate.lookup-refused',
      message: expect.stringContaining('169.254.169.254') as string,
    });
  });
});
