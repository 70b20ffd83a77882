import { createHash } from 'node:crypto';
import { digestOf } from '@slowlane/artifacts';
import type { GatewayDoor } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './__fixtures__/ask.ts';
import { type LoopbackRegistry, startRegistry } from './__fixtures__/loopback-registry.ts';
import { openGateway, type OpenGateway } from './__fixtures__/open-gateway.ts';
import { parseSimpleHtml, renderSimpleHtml } from './simple-html.ts';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const sha = (text: string) => createHash('sha256').update(text).digest('hex');

let registry: LoopbackRegistry;
let files: LoopbackRegistry;
let open: OpenGateway;
let door: GatewayDoor;

beforeEach(async () => {
  registry = await startRegistry();
  files = await startRegistry({ '/p/six.whl': 'wheel', '/p/six.whl.metadata': 'metadata', '/p/six.tar.gz': 'sdist' });
  open = await openGateway({ pypi: `${registry.url}/simple/` });
  door = await open.gateway.open({ id: 'bld_1', registries: ['pypi'] });
  setIndex([
    {
      filename: 'six-1.0-py3-none-any.whl',
      url: `${files.url}/p/six.whl`,
      hashes: { sha256: sha('wheel') },
      'requires-python': '>=3.8',
      'core-metadata': { sha256: sha('metadata') },
      yanked: false,
    },
    {
      filename: 'six-1.0.tar.gz',
      url: `${files.url}/p/six.tar.gz`,
      hashes: { sha256: sha('sdist') },
      yanked: 'broken <b>',
      'core-metadata': true,
    },
    { filename: 'six-0.9.tar.gz', url: `${files.url}/p/old.tar.gz`, hashes: { md5: 'x' } },
    { filename: '../evil.tar.gz', url: `${files.url}/p/evil`, hashes: { sha256: sha('evil') } },
  ]);
});
afterEach(async () => {
  await open.close();
  await registry.stop();
  await files.stop();
});

function setIndex(entries: object[]): void {
  registry.replies.set('/simple/six/', {
    body: JSON.stringify({ meta: {}, name: 'six', files: entries }),
    headers: { 'content-type': JSON_TYPE },
  });
}

const wheelPath = `/pypi/files/${sha('wheel')}/six-1.0-py3-none-any.whl`;

describe('a project page', () => {
  it('names the files at the gateway, as JSON where the client asks for it', async () => {
    const page = await ask(door.socketPath, '/pypi/simple/six/', {
      headers: { accept: `${JSON_TYPE}, text/html;q=0.1` },
    });
    expect(page.headers['content-type']).toBe(JSON_TYPE);
    expect(JSON.parse(page.text)).toEqual({
      meta: { 'api-version': '1.0' },
      name: 'six',
      files: [
        {
          filename: 'six-1.0-py3-none-any.whl',
          url: wheelPath,
          hashes: { sha256: sha('wheel') },
          'requires-python': '>=3.8',
          yanked: false,
          'core-metadata': { sha256: sha('metadata') },
          'dist-info-metadata': { sha256: sha('metadata') },
        },
        {
          filename: 'six-1.0.tar.gz',
          url: `/pypi/files/${sha('sdist')}/six-1.0.tar.gz`,
          hashes: { sha256: sha('sdist') },
          yanked: 'broken <b>',
        },
      ],
    });
    expect(door.served()).toEqual([
      { path: '/pypi/simple/six/', digest: digestOf(page.body), size: page.body.length, immutable: false },
    ]);
  });

  it('is HTML for all others', async () => {
    const page = await ask(door.socketPath, '/pypi/simple/six/');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.text).toContain(`<a href="${wheelPath}#sha256=${sha('wheel')}" data-requires-python="&#62;=3.8"`);
    expect(page.text).toContain('data-yanked="broken &#60;b&#62;"');
    expect(page.text).not.toContain('evil');
  });

  it('is made from an HTML page where the registry has nothing else', async () => {
    registry.replies.set('/simple/six/', {
      body: `<html><body><a href="../../p/six.tar.gz#sha256=${sha('sdist')}" data-requires-python="&gt;=3.8">six-1.0.tar.gz</a></body></html>`,
      headers: { 'content-type': 'text/html' },
    });
    registry.replies.set('/p/six.tar.gz', 'sdist');
    const page = await ask(door.socketPath, '/pypi/simple/six/', { headers: { accept: JSON_TYPE } });
    const [file] = (JSON.parse(page.text) as { files: { url: string; 'requires-python': string }[] }).files;
    expect(file?.['requires-python']).toBe('>=3.8');
    expect((await ask(door.socketPath, file?.url as string)).text).toBe('sdist');
  });

  it('is not there for a project that the registry does not have', async () => {
    expect((await ask(door.socketPath, '/pypi/simple/nothing/')).status).toBe(404);
  });

  it('fails clearly when the registry answers nonsense', async () => {
    registry.replies.set('/simple/six/', { body: '{"files": 7}', headers: { 'content-type': JSON_TYPE } });
    expect(await ask(door.socketPath, '/pypi/simple/six/')).toMatchObject({
      status: 502,
      text: expect.stringContaining('index cannot be read'),
    });
  });
});

describe('a Python file', () => {
  it('is served by its sha256 with the metadata beside it, also right after a restart', async () => {
    expect((await ask(door.socketPath, wheelPath)).text).toBe('wheel');
    expect((await ask(door.socketPath, `${wheelPath}.metadata`)).text).toBe('metadata');
    const again = await (await open.reopen()).open({ id: 'bld_2', registries: ['pypi'] });
    expect((await ask(again.socketPath, `/pypi/files/${sha('sdist')}/six-1.0.tar.gz`)).text).toBe('sdist');
    expect((await ask(again.socketPath, wheelPath)).text).toBe('wheel');
    expect(files.asked.filter((path) => path === '/p/six.whl')).toHaveLength(1);
    expect(again.served().map((file) => file.immutable)).toEqual([true, true]);
  });

  it('is not served when its index does not name it with that sha256', async () => {
    expect((await ask(door.socketPath, `/pypi/files/${sha('evil')}/six-1.0-py3-none-any.whl`)).status).toBe(404);
    expect((await ask(door.socketPath, `/pypi/files/${sha('sdist')}/six-1.0.tar.gz.metadata`)).status).toBe(404);
    expect(files.asked).toEqual([]);
  });

  it('is refused with an alarm when it is other bytes than its index says', async () => {
    files.replies.set('/p/six.whl', 'spoilt');
    expect(await ask(door.socketPath, wheelPath)).toMatchObject({
      status: 502,
      text: expect.stringContaining('gateway.mismatch'),
    });
    expect(open.alarms).toHaveLength(1);
    expect(door.served()).toEqual([]);
  });

  it('is refused with an alarm when its name stood for another content before', async () => {
    await ask(door.socketPath, wheelPath);
    setIndex([
      { filename: 'six-1.0-py3-none-any.whl', url: `${files.url}/p/six.tar.gz`, hashes: { sha256: sha('sdist') } },
    ]);
    open.advance(5 * 60_000 + 1);
    const answer = await ask(door.socketPath, `/pypi/files/${sha('sdist')}/six-1.0-py3-none-any.whl`);
    expect(answer).toMatchObject({ status: 502, text: expect.stringContaining('gateway.mismatch') });
    expect(open.alarms).toHaveLength(1);
  });
});

describe('parseSimpleHtml and renderSimpleHtml', () => {
  it('read what they write', () => {
    const entries = [
      {
        filename: 'a-1.tar.gz',
        url: 'https://f.example.org/a-1.tar.gz',
        hashes: { sha256: 'a'.repeat(64) },
        'requires-python': '>=3.8,<4',
        yanked: 'a "quoted" <reason>',
        'core-metadata': { sha256: 'b'.repeat(64) },
      },
      {
        filename: 'a-2.tar.gz',
        url: 'https://f.example.org/a-2.tar.gz',
        hashes: { sha256: 'c'.repeat(64) },
        'requires-python': undefined,
        'core-metadata': undefined,
      },
    ];
    expect(parseSimpleHtml(renderSimpleHtml('a', entries), new URL('https://r.example.org/simple/a/'))).toEqual(
      entries,
    );
  });

  it('leaves out links without a sha256 and ends on hostile pages', () => {
    const page = new URL('https://r.example.org/simple/a/');
    expect(parseSimpleHtml('<a href="x">x</a><a href="y#md5=1">y</a><a>z</a>', page)).toEqual([]);
    expect(parseSimpleHtml('<a '.repeat(50_000), page)).toEqual([]);
    expect(parseSimpleHtml(`<a href="${'x'.repeat(100_000)}`, page)).toEqual([]);
  });
});
