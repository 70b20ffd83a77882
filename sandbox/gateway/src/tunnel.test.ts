import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer, type LookupFunction, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls, createServer as createTlsServer, type Server } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openGateway, type OpenGateway } from './__fixtures__/open-gateway.ts';
import { readClientHello } from './client-hello.ts';

const folder = mkdtempSync(join(tmpdir(), 'sl-tunnel-'));
const name = 'files.example.org';
const big = Buffer.alloc(3 * 1024 ** 2, 'x');
let server: Server;
let port: number;
/** Servers that were asked for something, by name. */
const asked: string[] = [];

beforeAll(async () => {
  const file = (of: string): string => join(folder, of);
  execFileSync(
    '/usr/bin/openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...[
        '-keyout',
        file('key'),
        '-out',
        file('cert'),
        '-subj',
        `/CN=${name}`,
        '-addext',
        `subjectAltName=DNS:${name}`,
      ],
    ],
    { stdio: 'ignore' },
  );
  server = createTlsServer({ key: readFileSync(file('key')), cert: readFileSync(file('cert')) }, (socket) => {
    socket.on('error', () => undefined);
    asked.push(String(socket.servername));
    socket.on('data', () => undefined);
    socket.end(big);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

let open: OpenGateway;
afterEach(async () => {
  asked.length = 0;
  await open.close();
});

/** A resolver to whom every name is the address that a test says. */
const resolverOf =
  (address: string): LookupFunction =>
  (_host, _options, callback) =>
    callback(null, [{ address, family: 4 }]);

type Options = Parameters<typeof openGateway>[1];

/** A door whose build may go to these hosts. */
async function doorTo(hosts: string[], options: Options = {}) {
  open = await openGateway({}, options);
  return open.gateway.open({ id: 'bld_1', registries: [], connect: hosts });
}

/** CONNECT through the door; the socket, or the answer that is none. */
function tunnel(socketPath: string, target: string): Promise<Socket | { status: number; said: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, method: 'CONNECT', path: target, agent: false });
    asking.once('error', reject);
    asking.once('connect', (response, socket, head) => {
      if (response.statusCode === 200) return resolve(socket as Socket);
      socket.unshift(head);
      void text(socket).then((said) => resolve({ status: response.statusCode as number, said }), reject);
    });
    asking.end();
  });
}

async function tlsThrough(socketPath: string, target: string, servername: string | undefined): Promise<number> {
  const socket = (await tunnel(socketPath, target)) as Socket;
  const tls = connectTls({ socket, rejectUnauthorized: false, ...(servername === undefined ? {} : { servername }) });
  let bytes = 0;
  return new Promise((resolve, reject) => {
    tls.on('data', (chunk: Buffer) => (bytes += chunk.length));
    tls.once('error', reject);
    tls.once('close', () => resolve(bytes));
    tls.write('give');
  });
}

describe('CONNECT', () => {
  it('leads by TLS to an address that the operator wrote as digits, and is written down as what was not seen', async () => {
    const target = `127.0.0.1:${port}`;
    const door = await doorTo([target]);
    expect(await tlsThrough(door.socketPath, target, undefined)).toBe(big.length);
    expect(door.tunnels?.()).toEqual([{ host: target, bytesUp: expect.any(Number), bytesDown: expect.any(Number) }]);
    expect(door.tunnels?.()[0]?.bytesDown).toBeGreaterThan(big.length);
    expect(door.served()).toEqual([]);
    expect(door.denied()).toEqual([]);
  });

  it.each([
    ['a host that is not named', 'other.example.org:443'],
    ['another port of it', `${name}:22`],
    ['the registry of the machine', '127.0.0.1:443'],
    ['no port', name],
    ['a user', `ada@${name}:443`],
    ['an address in brackets', '[::1]:443'],
  ])('refuses %s with 403, and says so in the record of the build', async (_what, target) => {
    const door = await doorTo([`${name}:443`]);
    expect(await tunnel(door.socketPath, target)).toMatchObject({
      status: 403,
      said: expect.stringMatching(/^gateway\.denied: .*none of the hosts of this build/),
    });
    expect(door.denied()[0]).toMatchObject({ path: `CONNECT ${target}` });
    expect(door.tunnels?.()).toEqual([]);
  });

  it('is refused wherever nothing is named', async () => {
    const door = await doorTo([]);
    expect(await tunnel(door.socketPath, `${name}:443`)).toMatchObject({ status: 403 });
  });

  it.each(['127.0.0.1', '10.1.2.3', '169.254.169.254', '192.168.0.1', '100.100.100.200', '0.0.0.0'])(
    'does not dial %s, whatever a name says',
    async (address) => {
      const door = await doorTo([`${name}:${port}`], { lookup: resolverOf(address) });
      expect(await tunnel(door.socketPath, `${name}:${port}`)).toMatchObject({
        status: 403,
        said: expect.stringMatching(/address inside the network/),
      });
      expect(asked).toEqual([]);
    },
  );

  it.each([
    ['another name', 'evil.example.org'],
    ['a name where an address was asked for', name],
  ])('is cut when the connection is for %s', async (_what, servername) => {
    const target = `127.0.0.1:${port}`;
    const door = await doorTo([target]);
    await tlsThrough(door.socketPath, target, servername).catch(() => undefined);
    expect(asked).toEqual([]);
    expect(door.denied()).toEqual([
      { path: `CONNECT ${target}`, reason: expect.stringContaining(`the connection is for ${servername}`) },
    ]);
  });

  it('is cut when what is sent is no TLS', async () => {
    const target = `127.0.0.1:${port}`;
    const door = await doorTo([target]);
    const socket = (await tunnel(door.socketPath, target)) as Socket;
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve).resume());
    expect(door.denied()[0]?.reason).toContain('no TLS');
  });

  it.each([
    ['upBytes', { upBytes: 100 }, /were sent/],
    ['downBytes', { downBytes: 500_000 }, /came/],
  ])('ends at its bytes: %s', async (_what, limits, words) => {
    const target = `127.0.0.1:${port}`;
    const door = await doorTo([target], { tunnelLimits: limits });
    const bytes = await tlsThrough(door.socketPath, target, undefined).catch(() => 0);
    expect(bytes).toBeLessThan(big.length);
    expect(door.denied()[0]?.reason).toMatch(words);
  });

  it('ends with its time, and with its door', async () => {
    const silent = createServer((socket) => void socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const target = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const door = await doorTo([target], { tunnelLimits: { idleMs: 50 } });
    await expect(tlsThrough(door.socketPath, target, undefined)).rejects.toThrow();
    const waiting = (await tunnel(door.socketPath, target)) as Socket;
    const closed = new Promise((resolve) => waiting.once('close', resolve).resume());
    await door.close();
    await closed;
    await new Promise((resolve) => silent.close(resolve));
  });

  it('says when nobody answers', async () => {
    const door = await doorTo(['127.0.0.1:1']);
    expect(await tunnel(door.socketPath, '127.0.0.1:1')).toMatchObject({
      status: 502,
      said: expect.stringContaining('gateway.upstream'),
    });
  });
});

describe('readClientHello', () => {
  const hello = (extensions: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from([3, 3]), Buffer.alloc(32), Buffer.from([0, 0, 2, 0x13, 1, 1, 0])]);
    const size = Buffer.alloc(2);
    size.writeUInt16BE(extensions.length);
    const whole = Buffer.concat([body, size, extensions]);
    return Buffer.concat([Buffer.from([0x16, 3, 1, 0, whole.length + 4]), Buffer.from([1, 0, 0, whole.length]), whole]);
  };
  const serverName = (text: string): Buffer => {
    const bytes = Buffer.from(text, 'latin1');
    return Buffer.concat([Buffer.from([0, 0, 0, bytes.length + 5, 0, bytes.length + 3, 0, 0, bytes.length]), bytes]);
  };

  it('reads the one name, in lower case', () => {
    expect(readClientHello(hello(serverName('Files.Example.org')))).toEqual({ serverName: name });
    expect(readClientHello(hello(Buffer.alloc(0)))).toEqual({ serverName: undefined });
  });

  it('waits for the whole record, whatever the pieces', () => {
    const bytes = hello(serverName(name));
    for (let size = 0; size < bytes.length; size++) expect(readClientHello(bytes.subarray(0, size))).toBe('incomplete');
  });

  it.each([
    ['two names', hello(Buffer.concat([serverName(name), serverName('evil.org')]))],
    ['a name with a zero in it', hello(serverName('files.example.org\0.evil.org'))],
    ['an extension that is cut', hello(Buffer.from([0, 0, 0, 90, 1]))],
    ['another kind of message', Buffer.concat([Buffer.from([0x16, 3, 1, 0, 50, 2, 0, 0, 46]), Buffer.alloc(46)])],
    ['a record of another kind', Buffer.from([0x17, 3, 3, 0, 1, 0])],
    ['words', Buffer.from('SSH-2.0-x')],
  ])('takes %s for no TLS', (_what, bytes) => {
    expect(readClientHello(bytes)).toBe('no-tls');
  });

  it('ends on whatever bytes', () => {
    const bytes = hello(serverName(name));
    for (let at = 5; at < bytes.length; at++)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        expect(() => readClientHello(changed)).not.toThrow();
      }
  });
});
