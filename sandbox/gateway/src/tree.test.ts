import { afterEach, describe, expect, it } from 'vitest';
import { ask } from './__fixtures__/ask.ts';
import { type LoopbackRegistry, startRegistry } from './__fixtures__/loopback-registry.ts';
import { openGateway, type OpenGateway } from './__fixtures__/open-gateway.ts';
import { readGatewayPath } from './gateway-path.ts';
import { layoutOf } from './tree.ts';

const go = { go: ['**/@v/*.zip', '**/@v/*.mod', '**/@v/*.info'] };

describe('the layout of a registry', () => {
  it('is its own for Maven and Python, whatever a plugin declares', () => {
    expect(layoutOf('maven', { maven: ['**'] })).toBeUndefined();
    expect(layoutOf('pypi-internal', { 'pypi-internal': ['**'] })).toBeUndefined();
    expect(layoutOf('cran', { cran: ['**'] })).toEqual(layoutOf('cran'));
    expect(layoutOf('go', go)).toEqual(go.go);
    expect(layoutOf('toString', go)).toBeUndefined();
  });

  it('tells what never changes from what does', () => {
    const read = (url: string) => readGatewayPath(url, { registries: ['cran', 'go'], mountPath: '', layouts: go });
    expect(read('/cran/src/contrib/jsonlite_1.8.8.tar.gz')).toMatchObject({ kind: 'tree', immutable: true });
    expect(read('/cran/src/contrib/Archive/png/png_0.1-7.tar.gz')).toMatchObject({ immutable: true });
    expect(read('/cran/src/contrib/PACKAGES.gz')).toMatchObject({ kind: 'tree', immutable: false });
    expect(read('/go/github.com/!burnt!sushi/toml/@v/v1.4.0.zip')).toMatchObject({ immutable: true });
    expect(read('/go/example.org/words/@v/list')).toMatchObject({ immutable: false });
    expect(read('/go/example.org/words/@latest')).toMatchObject({ immutable: false });
    expect(read('/cran/')).toMatchObject({ kind: 'nothing' });
  });

  it.each(['/cran/src/contrib/../x', '/cran/src//contrib/x', '/cran/src/contrib/%2e%2e/x', '/cran/a%2fb', '/go/a/@v/'])(
    'lets nothing leave the registry: %s',
    (url) => {
      const door = { registries: ['cran'], mountPath: '' };
      expect(() => readGatewayPath(url, door)).toThrow(expect.objectContaining({ code: 'gateway.denied' }) as Error);
    },
  );
});

describe('a registry that is a tree of files', () => {
  const open: { registry: LoopbackRegistry; test: OpenGateway }[] = [];
  afterEach(async () => {
    for (const { registry, test } of open.splice(0)) {
      await test.close();
      await registry.stop();
    }
  });

  async function start(replies: Record<string, string>) {
    const registry = await startRegistry(replies);
    const test = await openGateway({ cran: registry.url, go: `${registry.url}/proxy` });
    open.push({ registry, test });
    return { registry, test };
  }

  it('serves a package once fetched for ever, and asks for the index again', async () => {
    const { registry, test } = await start({
      '/src/contrib/words_1.0.tar.gz': 'bytes',
      '/src/contrib/PACKAGES': 'Package: words\n',
    });
    const door = await test.gateway.open({ id: 'one', registries: ['cran'] });
    expect((await ask(door.socketPath, '/cran/src/contrib/words_1.0.tar.gz')).text).toBe('bytes');
    expect((await ask(door.socketPath, '/cran/src/contrib/PACKAGES')).text).toBe('Package: words\n');
    registry.replies.set('/src/contrib/words_1.0.tar.gz', 'other bytes');
    registry.replies.set('/src/contrib/PACKAGES', 'Package: more\n');
    test.advance(86_400_000);
    expect((await ask(door.socketPath, '/cran/src/contrib/words_1.0.tar.gz')).text).toBe('bytes');
    expect((await ask(door.socketPath, '/cran/src/contrib/PACKAGES')).text).toBe('Package: more\n');
    expect((await ask(door.socketPath, '/cran/src/contrib/gone_1.0.tar.gz')).status).toBe(404);
    expect(door.served().find(({ path }) => path.endsWith('words_1.0.tar.gz'))).toMatchObject({ immutable: true });
  });

  it('serves what a plugin declares to its own door only', async () => {
    const { test } = await start({ '/proxy/example.org/words/@v/v1.0.0.mod': 'module example.org/words\n' });
    const own = await test.gateway.open({ id: 'own', registries: ['go'], layouts: go });
    const other = await test.gateway.open({ id: 'other', registries: ['cran'] });
    const path = '/go/example.org/words/@v/v1.0.0.mod';
    expect((await ask(own.socketPath, path)).text).toBe('module example.org/words\n');
    expect((await ask(other.socketPath, path)).status).toBe(403);
    expect(own.served()).toMatchObject([{ path, immutable: true }]);
  });
});
