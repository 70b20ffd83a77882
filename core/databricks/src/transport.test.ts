import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDatabricksClient } from './create-databricks-client.ts';

const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
let folder: string;
let certificate: string;
let server: Server;
let port: number;
let calls = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slowlane-tls-'));
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...subject], {
    stdio: 'ignore',
  });
  certificate = await readFile(join(folder, 'cert.pem'), 'utf8');
  server = createServer({ key: await readFile(join(folder, 'key.pem')), cert: certificate }, (_request, response) => {
    calls++;
    response.end('{"id":"1","userName":"me"}');
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  port = (server.address() as AddressInfo).port;
});

afterEach(() => {
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

function quiet(): void {
  return undefined;
}

async function meAt(host: string, caBundle?: string): Promise<unknown> {
  const client = createDatabricksClient({
    host,
    auth: { token: 'dapi-secret-token' },
    caBundle,
    userAgent: 'slowlane/test',
    logger,
  });
  try {
    return await client.me();
  } catch (error) {
    return error;
  } finally {
    await client.close();
  }
}

describe('the certificate of a workspace', () => {
  it('is refused when nobody we know signed it, before the token is sent, whatever the environment says', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const error = (await meAt(`https://127.0.0.1:${port}`)) as SlowLaneError;
    expect(error).toBeInstanceOf(SlowLaneError);
    expect(error.code).toBe('workspace.untrusted');
    expect(calls).toBe(0);
  });

  it("is accepted with the company's own CA", async () => {
    expect(await meAt(`https://127.0.0.1:${port}`, certificate)).toMatchObject({ userName: 'me' });
  });

  it('is refused for another host name', async () => {
    expect(await meAt(`https://localhost:${port}`, certificate)).toMatchObject({ code: 'workspace.untrusted' });
  });
});
