import { createHash } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { digestOf, readBlob } from '@slowlane/artifacts';
import type { GatewayDoor } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './__fixtures__/ask.ts';
import { type LoopbackRegistry, startRegistry } from './__fixtures__/loopback-registry.ts';
import { openGateway, type OpenGateway } from './__fixtures__/open-gateway.ts';
import { createGateway } from './gateway.ts';

let registry: LoopbackRegistry;
let open: OpenGateway;
let door: GatewayDoor;

beforeEach(async () => {
  registry = await startRegistry();
  open = await openGateway({ maven: `${registry.url}/maven2`, pypi: `${registry.url}/simple` });
  door = await open.gateway.open({ id: 'bld_1', registries: ['maven', 'pypi'] });
});
afterEach(async () => {
  await open.close();
  await registry.stop();
});

const jar = '/maven/org/x/1.0/x-1.0.jar';
const upstreamJar = '/maven2/org/x/1.0/x-1.0.jar';
const sha1 = (text: string | Buffer) => createHash('sha1').update(text).digest('hex');

describe('a door', () => {
  it('is a socket of the owner alone, and the record of one build', async () => {
    registry.replies.set(upstreamJar, 'jar');
    expect((await stat(door.socketPath)).mode & 0o777).toBe(0o600);
    const other = await open.gateway.open({ id: 'bld_1', registries: ['maven'] });
    expect(other.socketPath).not.toBe(door.socketPath);
    expect((await ask(door.socketPath, jar)).text).toBe('jar');
    await ask(other.socketPath, '/pypi/simple/six/');
    expect(door.served()).toEqual([{ path: jar, digest: digestOf('jar'), size: 3, immutable: true }]);
    expect(door.denied()).toEqual([]);
    expect(other.served()).toEqual([]);
    expect(other.denied()).toEqual([
      { path: '/pypi/simple/six/', reason: expect.stringContaining('registry "pypi" is not allowed') },
    ]);
  });

  it('is gone when it is closed, also when it is closed twice', async () => {
    await Promise.all([door.close(), door.close()]);
    await expect(ask(door.socketPath, jar)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(stat(door.socketPath)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('answers nothing but GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PROPFIND', 'OPTIONS']) {
      expect((await ask(door.socketPath, jar, { method })).status).toBe(403);
    }
    expect(registry.asked).toEqual([]);
    expect(door.denied()).toHaveLength(5);
  });

  it('refuses a socket path that the kernel would cut', async () => {
    const deep = await open.reopen({ socketsDir: join(open.folder, 'd'.repeat(100)) });
    await expect(deep.open({ id: 'x', registries: [] })).rejects.toMatchObject({ code: 'config.invalid' });
  });

  it('leaves sockets of a killed gateway behind only until the next start', async () => {
    await writeFile(join(open.folder, 's', `${'a'.repeat(16)}.sock`), '');
    await open.reopen();
    expect(await readdir(join(open.folder, 's'))).not.toContain(`${'a'.repeat(16)}.sock`);
  });
});

describe('files of a Maven repository', () => {
  it('are fetched once, kept by digest, and served after a restart with the registry gone', async () => {
    registry.replies.set(upstreamJar, { body: 'jar', headers: { 'content-type': 'application/java-archive' } });
    const first = await ask(door.socketPath, jar);
    expect(first).toMatchObject({
      status: 200,
      text: 'jar',
      headers: { 'content-type': 'application/java-archive', 'content-length': '3' },
    });
    expect((await readBlob(open.blobs, digestOf('jar'))).toString()).toBe('jar');
    await registry.stop();
    const again = await (await open.reopen()).open({ id: 'bld_2', registries: ['maven'] });
    expect((await ask(again.socketPath, jar)).text).toBe('jar');
    expect(again.served()[0]?.digest).toBe(digestOf('jar'));
  });

  it('are answered with 304 to a client that has them, and without a body to HEAD', async () => {
    registry.replies.set(upstreamJar, 'jar');
    const head = await ask(door.socketPath, jar, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': '3' } });
    expect(door.served()).toEqual([]);
    const known = await ask(door.socketPath, jar, { headers: { 'if-none-match': head.headers['etag'] as string } });
    expect(known).toMatchObject({ status: 304, text: '' });
  });

  it.each<[string, Record<string, string>, string | undefined]>([
    ['the sha1 beside them', {}, `${sha1('jar')}  x-1.0.jar\n`],
    ['a sha1 header', { 'x-checksum-sha1': sha1('jar') }, undefined],
    ['a sha256 header', { 'x-checksum-sha256': digestOf('jar').slice(7) }, undefined],
  ])('are checked by %s', async (_what, headers, beside) => {
    registry.replies.set(upstreamJar, { body: 'jar', headers });
    if (beside !== undefined) registry.replies.set(`${upstreamJar}.sha1`, beside);
    expect((await ask(door.socketPath, jar)).status).toBe(200);
    expect(registry.asked.includes(`${upstreamJar}.sha1`)).toBe(beside !== undefined);
  });

  it.each<[string, Record<string, string>, string | undefined]>([
    ['the sha1 beside them', {}, sha1('other')],
    ['a sha1 header', { 'x-checksum-sha1': sha1('other') }, undefined],
    ['a sha256 header', { 'x-checksum-sha256': digestOf('other').slice(7) }, undefined],
  ])('are refused with an alarm when %s says otherwise', async (_what, headers, beside) => {
    registry.replies.set(upstreamJar, { body: 'jar', headers });
    if (beside !== undefined) registry.replies.set(`${upstreamJar}.sha1`, beside);
    const answer = await ask(door.socketPath, jar);
    expect(answer.status).toBe(502);
    expect(answer.text).toMatch(/^gateway\.mismatch: .*the registry announces/);
    expect(open.alarms).toHaveLength(1);
    expect(door.served()).toEqual([]);
    expect(door.denied()[0]?.reason).toMatch(/gateway\.mismatch/);
  });

  it('raise an alarm when a released file is other bytes than before, and keep the old record', async () => {
    registry.replies.set(upstreamJar, 'jar');
    await ask(door.socketPath, jar);
    await loseBlob('jar');
    registry.replies.set(upstreamJar, 'another jar');
    const answer = await ask(door.socketPath, jar);
    expect(answer).toMatchObject({ status: 502, text: expect.stringContaining('gateway.mismatch') });
    expect(open.alarms).toContain('ALARM: a registry served other bytes than it should');
    registry.replies.set(upstreamJar, 'jar');
    expect((await ask(door.socketPath, jar)).text).toBe('jar');
  });

  it('are fetched again when the store has lost or damaged them', async () => {
    registry.replies.set(upstreamJar, 'jar');
    await ask(door.socketPath, jar);
    await loseBlob('jar');
    expect((await ask(door.socketPath, jar)).text).toBe('jar');
    await writeFile(blobPath('jar'), 'rat');
    await expect(ask(door.socketPath, jar).then((answer) => answer.text)).rejects.toThrow();
    expect((await ask(door.socketPath, jar)).text).toBe('jar');
  });

  it('are fetched once for many callers at once, the checksum included', async () => {
    const release = Promise.withResolvers<void>();
    registry.replies.set(upstreamJar, (_request, response) => void release.promise.then(() => response.end('jar')));
    const asking = Array.from({ length: 30 }, () => ask(door.socketPath, jar));
    asking.push(ask(door.socketPath, `${jar}.sha1`));
    while (!registry.asked.includes(upstreamJar)) await new Promise((resolve) => setImmediate(resolve));
    release.resolve();
    const answers = await Promise.all(asking);
    expect(answers.slice(0, 30).every((answer) => answer.text === 'jar')).toBe(true);
    expect(registry.asked.filter((path) => path === upstreamJar)).toHaveLength(1);
    expect(registry.asked.filter((path) => path.endsWith('.sha1'))).toHaveLength(1);
  });

  it('are remembered as absent for a while', async () => {
    for (let i = 0; i < 3; i++) expect((await ask(door.socketPath, jar)).status).toBe(404);
    expect(registry.asked.filter((path) => path === upstreamJar)).toHaveLength(1);
    registry.replies.set(upstreamJar, 'jar');
    open.advance(60_001);
    expect((await ask(door.socketPath, jar)).text).toBe('jar');
    expect(door.denied()).toEqual([]);
  });

  it('come again after an answer that breaks off, without the client noticing', async () => {
    let tries = 0;
    registry.replies.set(upstreamJar, (_request, response) => {
      response.writeHead(200, { 'content-length': 3 });
      if (++tries === 1) response.write('j', () => response.destroy());
      else response.end('jar');
    });
    expect((await ask(door.socketPath, jar)).text).toBe('jar');
    expect(tries).toBe(2);
  });

  it('come after 503 and 429, and end as gateway.upstream when those stay', async () => {
    const statuses = [503, 429, 200];
    registry.replies.set(upstreamJar, (_request, response) => {
      const status = statuses.shift() ?? 500;
      response.writeHead(status, { 'content-length': 3 }).end('jar');
    });
    expect((await ask(door.socketPath, jar)).text).toBe('jar');
    registry.replies.set('/maven2/down', { status: 500, body: 'x' });
    expect(await ask(door.socketPath, '/maven/down')).toMatchObject({
      status: 502,
      text: expect.stringMatching(/^gateway\.upstream: .*status 500/),
    });
    await registry.stop();
    expect(await ask(door.socketPath, '/maven/other')).toMatchObject({
      status: 502,
      text: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('are cut at the size limit, announced or not', async () => {
    const small = await open.reopen({ limits: { maxFileBytes: 10, retryDelayMs: 1 } });
    const tight = await small.open({ id: 'x', registries: ['maven'] });
    registry.replies.set('/maven2/a', 'x'.repeat(11));
    registry.replies.set('/maven2/b', (_request, response) => response.end('x'.repeat(11)));
    for (const path of ['/maven/a', '/maven/b']) expect((await ask(tight.socketPath, path)).status).toBe(502);
  });

  it('need no more than the allowed connections, which are used again', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `f${index}`);
    for (const name of names)
      registry.replies.set(`/maven2/${name}`, { body: name, headers: { 'x-checksum-sha1': sha1(name) } });
    const narrow = await open.reopen({ limits: { upstreamConnections: 4 } });
    const many = await narrow.open({ id: 'x', registries: ['maven'] });
    const answers = await Promise.all(names.map((name) => ask(many.socketPath, `/maven/${name}`)));
    expect(answers.map((answer) => answer.text)).toEqual(names);
    expect(registry.mostAtOnce()).toBeLessThanOrEqual(4);
    expect(registry.connections()).toBeLessThanOrEqual(8);
    expect(many.served()).toHaveLength(200);
  });
});

describe('large files', () => {
  const large = Buffer.alloc(3 * 1024 ** 2, 'x');

  it('are passed on while they arrive', async () => {
    const rest = Promise.withResolvers<void>();
    registry.replies.set(upstreamJar, (_request, response) => {
      response.writeHead(200, { 'content-length': large.length });
      response.write(large.subarray(0, 2 * 1024 ** 2));
      void rest.promise.then(() => response.end(large.subarray(2 * 1024 ** 2)));
    });
    const { request } = await import('node:http');
    const received = await new Promise<number>((resolve, reject) => {
      const asking = request({ socketPath: door.socketPath, path: jar }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          // The upstream holds the rest back until the client has seen the beginning.
          if (bytes >= 1024 ** 2) rest.resolve();
        });
        response.on('end', () => resolve(bytes));
        response.on('error', reject);
      });
      asking.on('error', reject);
      asking.end();
    });
    expect(received).toBe(large.length);
    expect(door.served()).toEqual([{ path: jar, digest: digestOf(large), size: large.length, immutable: true }]);
  });

  it('break off when they are not what the registry announces, and are not kept', async () => {
    registry.replies.set(upstreamJar, { body: large, headers: { 'x-checksum-sha1': sha1('other') } });
    await expect(ask(door.socketPath, jar).then((answer) => answer.status)).rejects.toThrow();
    expect(open.alarms).toHaveLength(1);
    expect(door.served()).toEqual([]);
    registry.replies.set(upstreamJar, { body: large, headers: { 'x-checksum-sha1': sha1(large) } });
    expect((await ask(door.socketPath, jar)).body.equals(large)).toBe(true);
  });

  it('arrive for the others when the first client goes away', async () => {
    const begun = Promise.withResolvers<void>();
    const rest = Promise.withResolvers<void>();
    registry.replies.set(upstreamJar, (_request, response) => {
      response.writeHead(200, { 'content-length': large.length });
      response.write(large.subarray(0, 100));
      begun.resolve();
      void rest.promise.then(() => response.end(large.subarray(100)));
    });
    const { request } = await import('node:http');
    const leaving = request({ socketPath: door.socketPath, path: jar });
    leaving.on('error', () => undefined);
    leaving.end();
    await begun.promise;
    const staying = ask(door.socketPath, jar);
    leaving.destroy();
    rest.resolve();
    expect((await staying).body.equals(large)).toBe(true);
    expect(registry.asked.filter((path) => path === upstreamJar)).toHaveLength(1);
  });
});

describe('metadata', () => {
  const path = '/maven/org/x/maven-metadata.xml';
  const upstreamPath = '/maven2/org/x/maven-metadata.xml';

  it('is served from memory for its time, then asked for again', async () => {
    registry.replies.set(upstreamPath, 'one');
    expect((await ask(door.socketPath, path)).text).toBe('one');
    registry.replies.set(upstreamPath, 'two');
    expect((await ask(door.socketPath, path)).text).toBe('one');
    open.advance(5 * 60_000 + 1);
    expect((await ask(door.socketPath, path)).text).toBe('two');
    expect(open.alarms).toEqual([]);
    expect(door.served()).toEqual([{ path, digest: digestOf('two'), size: 3, immutable: false }]);
  });

  it('is served stale when the registry is down', async () => {
    registry.replies.set(upstreamPath, 'one');
    await ask(door.socketPath, path);
    open.advance(24 * 3600_000);
    await registry.stop();
    expect((await ask(door.socketPath, path)).text).toBe('one');
  });

  it('is renewed without its bytes when the registry says that it has not changed', async () => {
    const seen: (string | undefined)[] = [];
    registry.replies.set(upstreamPath, (request, response) => {
      seen.push(request.headers['if-none-match']);
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
      else response.writeHead(200, { etag: '"v1"' }).end('one');
    });
    await ask(door.socketPath, path);
    open.advance(5 * 60_000 + 1);
    expect((await ask(door.socketPath, path)).text).toBe('one');
    expect((await ask(door.socketPath, path)).text).toBe('one');
    expect(seen).toEqual([undefined, '"v1"']);
  });
});

describe('redirects and addresses', () => {
  it('are followed within the hosts of the upstream, and nowhere else', async () => {
    const elsewhere = await startRegistry({ '/secret': 'internal' });
    try {
      registry.replies.set('/maven2/a', { status: 302, headers: { location: '/maven2/b' } });
      registry.replies.set('/maven2/b', 'here');
      registry.replies.set('/maven2/out', { status: 302, headers: { location: `${elsewhere.url}/secret` } });
      registry.replies.set('/maven2/file', { status: 302, headers: { location: 'file:///etc/passwd' } });
      registry.replies.set('/maven2/loop', { status: 302, headers: { location: '/maven2/loop' } });
      expect((await ask(door.socketPath, '/maven/a')).text).toBe('here');
      for (const path of ['/maven/out', '/maven/file', '/maven/loop'])
        expect((await ask(door.socketPath, path)).status).toBe(502);
      expect(elsewhere.asked).toEqual([]);

      const wider = await open.reopen({ redirectHosts: { maven: [new URL(elsewhere.url).host] } });
      const other = await wider.open({ id: 'x', registries: ['maven'] });
      expect((await ask(other.socketPath, '/maven/out')).text).toBe('internal');
    } finally {
      await elsewhere.stop();
    }
  });

  it('keep credentials of an upstream to its own host, and out of sight', async () => {
    const seen: (string | undefined)[] = [];
    const url = new URL(`${registry.url}/maven2`);
    url.username = 'ada';
    url.password = 'pass%word';
    registry.replies.set('/maven2/a', (request, response) => {
      seen.push(request.headers.authorization);
      response.end('a');
    });
    const gateway = await open.reopen({ upstreams: { maven: url.href } });
    const own = await gateway.open({ id: 'x', registries: ['maven'] });
    expect((await ask(own.socketPath, '/maven/a')).text).toBe('a');
    expect(Buffer.from((seen[0] as string).slice('Basic '.length), 'base64').toString()).toBe('ada:pass%word');
    expect(gateway.upstreams()).toEqual({ maven: `${registry.url}/maven2/` });
  });

  it('are refused when they are no http address', async () => {
    const make = (address: string) =>
      createGateway({
        stateDir: open.folder,
        socketsDir: open.folder,
        upstreams: { maven: address },
        caBundle: undefined,
        blobs: open.blobs,
        logger: { debug() {}, info() {}, warn() {}, error() {} },
      });
    for (const address of ['', 'nowhere', 'file:///etc', 'ftp://x'])
      await expect(make(address)).rejects.toMatchObject({ code: 'config.invalid' });
    await expect(open.reopen({ caBundle: join(open.folder, 'none.pem') })).rejects.toMatchObject({
      code: 'config.invalid',
    });
  });

  it('are denied for a registry without an upstream', async () => {
    const gateway = await open.reopen({ upstreams: {} });
    const own = await gateway.open({ id: 'x', registries: ['maven'] });
    expect(await ask(own.socketPath, jar)).toMatchObject({
      status: 403,
      text: expect.stringContaining('has no upstream'),
    });
  });
});

describe('handle', () => {
  it('serves people at a path of an HTTP server, with addresses below that path', async () => {
    const sha256 = createHash('sha256').update('wheel').digest('hex');
    registry.replies.set('/simple/six/', {
      body: JSON.stringify({ files: [{ filename: 'six-1.0.tar.gz', url: '../../f/six', hashes: { sha256 } }] }),
      headers: { 'content-type': 'application/vnd.pypi.simple.v1+json' },
    });
    registry.replies.set('/f/six', 'wheel');
    const options = { registries: ['maven', 'pypi'], mountPath: '/deps' };
    const server = createServer((request, response) => void open.gateway.handle(request, response, options));
    await new Promise<void>((resolve) => server.listen(join(open.folder, 'front.sock'), resolve));
    try {
      const front = join(open.folder, 'front.sock');
      const page = await ask(front, '/deps/pypi/simple/six/', {
        headers: { accept: 'application/vnd.pypi.simple.v1+json' },
      });
      const [file] = (JSON.parse(page.text) as { files: { url: string }[] }).files;
      expect(file?.url).toBe(`/deps/pypi/files/${sha256}/six-1.0.tar.gz`);
      expect((await ask(front, file?.url as string)).text).toBe('wheel');
      expect((await ask(front, '/maven/a')).status).toBe(403);
      expect((await ask(front, '/deps/pypi/simple/Six')).headers['location']).toBe('/deps/pypi/simple/six/');
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

function blobPath(text: string): string {
  const hex = digestOf(text).slice('sha256:'.length);
  return join(open.folder, 'blobs/sha256', hex.slice(0, 2), hex.slice(2));
}

async function loseBlob(text: string): Promise<void> {
  const { rm } = await import('node:fs/promises');
  await rm(blobPath(text));
}
