import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDatabricksClient } from './create-databricks-client.ts';
import type { DatabricksClient } from './databricks-client.ts';

const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
let folder: string;
let companyCa: string;
let otherCa: string;
let server: Server;
let port: number;
let calls: string[] = [];

/** A company's CA, a server whose certificate it signed, and a CA of somebody else. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slowlane-tls-'));
  companyCa = await makeCa('company');
  otherCa = await makeCa('other');
  await signServer('server', 30);
  server = createServer(await pair('server'), (request, response) => {
    calls.push(`${request.method} ${request.url}`);
    const { url = '' } = request;
    response.setHeader('content-type', 'application/json');
    request.resume();
    if (url.includes('/.well-known/')) return void response.end('{}');
    if (url === '/oidc/v1/token') return void response.end('{"access_token":"access-of-tls","expires_in":3600}');
    if (url.includes('initiate-upload')) return void response.end('{"multipart_upload":{"session_token":"s"}}');
    if (url.endsWith('part-urls'))
      return void response.end(`{"upload_part_urls":[{"url":"https://127.0.0.1:${port}/storage/1"}]}`);
    if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': String(large) }).end();
    return void response.end('{"id":"1","userName":"me"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterEach(() => {
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  calls = [];
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const large = 100 * 1_024 * 1_024;

describe('the certificate of a workspace', () => {
  it('is refused when nobody we know signed it, before the token is sent, whatever the environment says', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const error = (await withClient({}, (client) => client.me())) as SlowLaneError;
    expect(error).toBeInstanceOf(SlowLaneError);
    expect(error.code).toBe('workspace.untrusted');
    expect(calls).toEqual([]);
  });

  it("is accepted with the company's own CA, beside the public ones", async () => {
    expect(await withClient({ caBundle: otherCa + companyCa }, (client) => client.me())).toMatchObject({
      userName: 'me',
    });
  });

  it('is refused with the CA of somebody else, and for another host name', async () => {
    const refused = { code: 'workspace.untrusted' };
    expect(await withClient({ caBundle: otherCa }, (client) => client.me())).toMatchObject(refused);
    const named = { caBundle: companyCa, host: `https://localhost:${port}` };
    expect(await withClient(named, (client) => client.me())).toMatchObject(refused);
    expect(calls).toEqual([]);
  });

  it('is refused when it has expired', async () => {
    await signServer('old', 0);
    const old = createServer(await pair('old'), (_request, response) => response.end('{}'));
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    const host = `https://127.0.0.1:${(old.address() as AddressInfo).port}`;
    const answer = await withClient({ caBundle: companyCa, host }, (client) => client.me());
    old.closeAllConnections();
    await new Promise((resolve) => old.close(resolve));
    expect(answer).toMatchObject({ code: 'workspace.untrusted', message: expect.stringContaining('CERT_HAS_EXPIRED') });
  });

  it('is looked at for the token of a service principal and for the links of a large upload too', async () => {
    const auth = { clientId: 'c', clientSecret: 'planted-secret-of-tls' };
    expect(await withClient({ auth }, (client) => client.me())).toMatchObject({ code: 'workspace.untrusted' });
    expect(calls).toEqual([]);
    expect(await withClient({ auth, caBundle: companyCa }, (client) => client.me())).toMatchObject({ userName: 'me' });
    const source = (): Readable => Readable.from(pieces(), { objectMode: false });
    const upload = (client: DatabricksClient): Promise<void> =>
      client.files.upload('/Volumes/a/b/c/f', source, { size: large, overwrite: true });
    expect(await withClient({ caBundle: companyCa }, upload)).toBeUndefined();
    expect(calls.filter((call) => call === 'PUT /storage/1')).toHaveLength(7);
  });
});

function* pieces(): Generator<Buffer> {
  const piece = Buffer.alloc(1_024 * 1_024);
  for (let left = large; left > 0; left -= piece.length) yield piece;
}

function quiet(): void {
  return undefined;
}

type Given = Partial<Pick<Parameters<typeof createDatabricksClient>[0], 'host' | 'auth' | 'caBundle'>>;

async function withClient(given: Given, ask: (client: DatabricksClient) => Promise<unknown>): Promise<unknown> {
  const client = createDatabricksClient({
    ...{ host: `https://127.0.0.1:${port}`, auth: { token: 'dapi-secret-token' }, userAgent: 'slowlane/test', logger },
    ...given,
  });
  try {
    return await ask(client);
  } catch (error) {
    return error;
  } finally {
    await client.close();
  }
}

function openssl(...argv: string[]): void {
  execFileSync('openssl', argv, { stdio: 'ignore', cwd: folder });
}

async function makeCa(name: string): Promise<string> {
  const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${name}`, ...files);
  return readFile(join(folder, `${name}.pem`), 'utf8');
}

/** `days` 0: it ends as it begins. */
async function signServer(name: string, days: number): Promise<void> {
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=s', '-keyout', `${name}.key`, '-out', `${name}.csr`);
  await writeFile(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1');
  const signed = ['-CA', 'company.pem', '-CAkey', 'company.key', '-CAcreateserial', '-extfile', 'names'];
  openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, '-days', String(days), ...signed);
}

async function pair(name: string): Promise<{ key: Buffer; cert: Buffer }> {
  return { key: await readFile(join(folder, `${name}.key`)), cert: await readFile(join(folder, `${name}.pem`)) };
}
