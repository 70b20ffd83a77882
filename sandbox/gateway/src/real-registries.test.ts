import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { run } from '@slowlane/process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './__fixtures__/ask.ts';
import { openGateway, type OpenGateway } from './__fixtures__/open-gateway.ts';
import { learnUpstreams } from './learn-upstreams.ts';
import { FileRecord } from './schema.ts';

// Places where Debian and Ubuntu put the tools; without them there is nothing to learn from.
const python = '/usr/bin/python3';
const mavenHome = '/usr/share/maven';
const hasTools = existsSync(python) && existsSync(mavenHome);
// npm comes with Node, or as a package of its own.
const npm = [join(dirname(process.execPath), 'npm'), '/usr/bin/npm'].find((path) => existsSync(path)) ?? '';
const toolPath = `${dirname(process.execPath)}:/usr/bin:/bin`;

describe.skipIf(!hasTools)('the real registries, as the tools of this machine name them', () => {
  let open: OpenGateway;

  beforeEach(async () => {
    const learned = await learnUpstreams({ python, mavenHomes: [mavenHome] });
    open = await openGateway({ maven: learned.maven as string, pypi: learned.pypi as string });
  });
  afterEach(() => open.close());

  it('give a Maven artifact whose checksum fits', { timeout: 60_000 }, async () => {
    const door = await open.gateway.open({ id: 'real', registries: ['maven'] });
    const path = '/maven/junit/junit/4.13.2/junit-4.13.2.jar';
    const answer = await ask(door.socketPath, path);
    expect(answer.status).toBe(200);
    expect(door.served()).toEqual([
      {
        path,
        digest: 'sha256:8e495b634469d64fb8acfa3495a065cbacc8a0fff55ce1e31007be4c16dc57d3',
        size: 384_581,
        immutable: true,
      },
    ]);
    expect((await ask(door.socketPath, '/maven/junit/junit/4.13.2/no-such.jar')).status).toBe(404);
    expect((await ask(door.socketPath, '/maven/junit/junit/maven-metadata.xml')).text).toContain(
      '<artifactId>junit</artifactId>',
    );
  });

  it('give a wheel to pip itself, which has no other way out', { timeout: 120_000 }, async () => {
    const options = { registries: ['pypi'], mountPath: '/deps' };
    const server = createServer((request, response) => void open.gateway.handle(request, response, options));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const index = `http://127.0.0.1:${(server.address() as AddressInfo).port}/deps/pypi/simple`;
      const out = join(open.folder, 'out');
      const argv = [
        python,
        '-m',
        'pip',
        '--isolated',
        '--disable-pip-version-check',
        'download',
        '--no-deps',
        '--no-cache-dir',
        '-d',
        out,
        '--index-url',
        index,
        'six==1.16.0',
      ];
      const result = await run(argv, {
        env: { PATH: '/usr/bin:/bin', HOME: open.folder, LANG: 'C.UTF-8' },
        timeoutMs: 100_000,
      });
      expect(`${result.stdout}${result.stderr}`).toContain('Successfully downloaded six');
      expect(await readdir(out)).toEqual(['six-1.16.0-py2.py3-none-any.whl']);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it.skipIf(npm === '')('give a package and what it needs to npm itself', { timeout: 120_000 }, async () => {
    const learned = await run([npm, 'config', 'get', 'registry'], { inheritEnv: true, timeoutMs: 30_000 });
    const gateway = await open.reopen({ upstreams: { npm: String(learned.stdout).trim() } });
    const options = { registries: ['npm'], mountPath: '/deps' };
    const server = createServer((request, response) => void gateway.handle(request, response, options));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/deps/npm/`;
      const folder = join(open.folder, 'project');
      const flags = ['--prefix', folder, '--registry', registry, '--ignore-scripts', '--no-audit', '--no-fund'];
      const argv = [npm, 'install', ...flags, '--cache', join(open.folder, 'npm'), '@babel/code-frame@7.27.1'];
      const result = await run(argv, { env: { PATH: toolPath, HOME: open.folder }, timeoutMs: 100_000 });
      expect(result.stderr).not.toMatch(/npm (?:ERR!|error)/);
      expect(await readdir(join(folder, 'node_modules'))).toEqual(expect.arrayContaining(['@babel', 'js-tokens']));
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

/** The first proxy that Go itself would ask; without Go, or with a proxy that is no address, there is nothing to learn. */
async function learnGoProxy(): Promise<string | undefined> {
  const go = ['/usr/local/go/bin/go', '/usr/lib/go/bin/go', '/usr/bin/go'].find((path) => existsSync(path));
  if (go === undefined) return undefined;
  const { stdout } = await run([go, 'env', 'GOPROXY'], { inheritEnv: true, timeoutMs: 30_000 });
  return String(stdout)
    .trim()
    .split(/[,|]/)
    .find((address) => address.startsWith('https://'));
}

const goProxy = await learnGoProxy();

describe.skipIf(goProxy === undefined)('the module proxy of Go, as Go itself names it', () => {
  let open: OpenGateway;

  beforeEach(async () => {
    open = await openGateway({ go: goProxy as string });
  });
  afterEach(() => open.close());

  it('gives a module whose sum is proven to stand in the public log', { timeout: 60_000 }, async () => {
    const layouts = { go: ['**/@v/*.zip', '**/@v/*.mod'] };
    const door = await open.gateway.open({ id: 'real', registries: ['go'], layouts });
    const path = '/go/rsc.io/quote/@v/v1.5.2.zip';
    const answer = await ask(door.socketPath, path);
    expect(answer.status, answer.text).toBe(200);
    expect((await ask(door.socketPath, '/go/github.com/!burnt!sushi/toml/@v/v1.4.0.mod')).status).toBe(200);
    const checked = await readChecks(join(open.folder, 'state/index'));
    expect(checked.get(path)).toBe('h1');
    expect(checked.get('/go/github.com/!burnt!sushi/toml/@v/v1.4.0.mod')).toBe('h1');
  });
});

/** By what each file was checked, as the gateway has written it down. */
async function readChecks(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json'));
  const records = names.map((name) => FileRecord.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
  return new Map(records.map(({ path, checked }) => [path, checked]));
}
