import { createHash } from 'node:crypto';
import { digestOf } from '@slowlane/artifacts';
import type { GatewayDoor } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './__fixtures__/ask.ts';
import { type LoopbackRegistry, startRegistry } from './__fixtures__/loopback-registry.ts';
import { openGateway, type OpenGateway } from './__fixtures__/open-gateway.ts';

let registry: LoopbackRegistry;
let open: OpenGateway;
let door: GatewayDoor;

beforeEach(async () => {
  registry = await startRegistry();
  open = await openGateway({ npm: `${registry.url}/` }, { credentials: { npm: 'Bearer planted' } });
  door = await open.gateway.open({ id: 'bld_1', registries: ['npm'] });
});
afterEach(async () => {
  await open.close();
  await registry.stop();
});

const integrity = (text: string) => `sha512-${createHash('sha512').update(text).digest('base64')}`;
const shasum = (text: string) => createHash('sha1').update(text).digest('hex');
const headers = { host: '127.0.0.1:3128' };

/** A package with one version, whose file is `text`. */
function publish(name: string, text: string, dist: Record<string, string> = { integrity: integrity(text) }): void {
  const file = `${name.replace(/^.*\//, '')}-1.0.0.tgz`;
  const tarball = `${registry.url}/${name}/-/${file}`;
  registry.replies.set(`/${name}/-/${file}`, text);
  registry.replies.set(
    `/${name.replace('/', '%2f')}`,
    JSON.stringify({
      name,
      'dist-tags': { latest: '1.0.0' },
      versions: { '1.0.0': { name, dist: { tarball, ...dist } } },
    }),
  );
}

describe('npm packages', () => {
  it.each([
    ['one', '/npm/one', '/npm/one/-/one-1.0.0.tgz'],
    ['@team/two', '/npm/@team%2ftwo', '/npm/@team/two/-/two-1.0.0.tgz'],
    ['@team/two', '/npm/@team/two', '/npm/@team/two/-/two-1.0.0.tgz'],
  ])('lead to files behind the gateway: %s by %s', async (name, path, file) => {
    publish(name, 'bytes');
    const answer = await ask(door.socketPath, path, { headers });
    const { versions } = JSON.parse(answer.text);
    expect(versions['1.0.0'].dist).toEqual({
      tarball: `http://127.0.0.1:3128${file}`,
      integrity: integrity('bytes'),
    });
    expect((await ask(door.socketPath, file)).text).toBe('bytes');
    expect(door.served()).toContainEqual({ path: file, digest: digestOf('bytes'), size: 5, immutable: true });
    expect(door.served()).toHaveLength(2);
  });

  it('are fetched once, and served when the registry is gone', async () => {
    publish('one', 'bytes');
    await ask(door.socketPath, '/npm/one/-/one-1.0.0.tgz');
    await registry.stop();
    const again = await (await open.reopen()).open({ id: 'bld_2', registries: ['npm'] });
    expect((await ask(again.socketPath, '/npm/one/-/one-1.0.0.tgz')).text).toBe('bytes');
  });

  it.each<[string, Record<string, string>]>([
    ['a sha512 of other bytes', { integrity: integrity('other'), shasum: shasum('bytes') }],
    ['a sha1 of other bytes', { shasum: shasum('other') }],
    ['no checksum at all', {}],
    ['only a checksum that nobody knows', { integrity: 'md5-AAAA' }],
  ])('are refused with %s', async (_what, dist) => {
    publish('one', 'bytes', dist);
    expect((await ask(door.socketPath, '/npm/one/-/one-1.0.0.tgz')).status).toBe(502);
    expect(door.denied()[0]?.reason).toMatch(/^gateway\.mismatch/);
    expect(door.served()).toEqual([]);
  });

  it('are taken by their sha1 where that is all there is', async () => {
    publish('one', 'bytes', { shasum: shasum('bytes') });
    expect((await ask(door.socketPath, '/npm/one/-/one-1.0.0.tgz')).text).toBe('bytes');
  });

  it('may never change under one file name', async () => {
    publish('one', 'bytes');
    await ask(door.socketPath, '/npm/one/-/one-1.0.0.tgz');
    publish('one', 'other');
    open.advance(600_000);
    expect((await ask(door.socketPath, '/npm/one/-/one-1.0.0.tgz')).text).toBe('bytes');
  });

  it.each(['/npm/', '/npm/one/x', '/npm/one/-/one-1.0.0.zip', '/npm/@team', '/npm/-/all', '/npm/one/-/two-1.0.0.tgz'])(
    'are all that there is: nothing at %s',
    async (path) => {
      publish('one', 'bytes');
      expect((await ask(door.socketPath, path)).status).toBe(404);
    },
  );

  it('get no address from a host header that is none', async () => {
    publish('one', 'bytes');
    expect((await ask(door.socketPath, '/npm/one', { headers: { host: 'a/b"c' } })).status).toBe(403);
  });

  it('send the credentials to the registry itself, and never to the host of its files', async () => {
    const seen: (string | undefined)[] = [];
    const files = await startRegistry({
      '/one-1.0.0.tgz': (request, response) => {
        seen.push(request.headers.authorization);
        response.end('bytes');
      },
    });
    registry.replies.set('/one', (request, response) => {
      seen.push(request.headers.authorization);
      const dist = { tarball: `${files.url}/one-1.0.0.tgz`, integrity: integrity('bytes') };
      response.end(JSON.stringify({ name: 'one', versions: { '1.0.0': { dist } } }));
    });
    const answer = await ask(door.socketPath, '/npm/one', { headers });
    expect(answer.text + JSON.stringify(answer.headers)).not.toContain('planted');
    expect((await ask(door.socketPath, '/npm/one/-/one-1.0.0.tgz')).text).toBe('bytes');
    expect(seen).toEqual(['Bearer planted', undefined]);
    await files.stop();
  });
});
