import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModuleHost } from '@slowlane/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createThinDriver } from './__fixtures__/thin-driver.ts';
import { startLocalModuleHost } from './local-module-host.ts';
import { startModuleHost } from './module-host.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const module = (code: string, name = './mediate.ts') => ({ name, code });
const good = `
type Request = { body: { days: number } };
export function mediate(request: Request): object {
  console.log('a line that is no answer');
  return { parts: Array.from({ length: request.body.days }, (_, index) => ({ key: String(index), document: { day: index } })) };
}
export const constant = 3;
`;

describe.each([
  ['in the sandbox', sandboxed],
  ['on its author’s machine', () => startLocalModuleHost({ logger, node: process.execPath })],
] as const)('a mediator module %s', (_where, start) => {
  let host: ModuleHost;
  beforeAll(() => void (host = start()));
  afterAll(() => host.close());

  it('is called with plain JSON and answers plain JSON', async () => {
    expect(await host.functionsOf(module(good))).toEqual(['mediate']);
    expect(await host.call(module(good), 'mediate', [{ body: { days: 2 } }])).toEqual({
      parts: [
        { key: '0', document: { day: 0 } },
        { key: '1', document: { day: 1 } },
      ],
    });
  });

  it('is named with its line when it throws', async () => {
    const code =
      'export function mediate(request: object): never {\n  void request;\n  throw new Error("no such month");\n}\n';
    await expect(host.call(module(code), 'mediate', [{}])).rejects.toMatchObject({
      code: 'mediate.failed',
      message: './mediate.ts: mediate: line 3: Error: no such month',
    });
  });

  it.each([
    ['that is no TypeScript', 'export function mediate( {', /^\.\/mediate\.ts: /],
    ['that needs a transform', 'export enum A { B }', /enum/],
    ['that throws while it loads', 'throw new Error("at load");', /line 1: Error: at load/],
    ['that imports a package', 'import { z } from "zod"; export const mediate = () => z;', /zod/],
  ])('is refused with the reason for a text %s', async (_what, code, reason) => {
    await expect(host.functionsOf(module(code))).rejects.toMatchObject({
      code: 'mediate.failed',
      message: expect.stringMatching(reason) as string,
    });
  });

  it.each([
    [
      'a file',
      'import { readFileSync } from "node:fs";\nexport const mediate = () => readFileSync("/etc/hostname", "utf8");',
    ],
    [
      'a process',
      'import { execSync } from "node:child_process";\nexport const mediate = () => String(execSync("id"));',
    ],
    ['what is not JSON', 'export const mediate = () => undefined;'],
    ['a number that is none', 'export const mediate = () => 10n;'],
  ])('gets nothing out of %s', async (_what, code) => {
    await expect(host.call(module(code), 'mediate', [{}])).rejects.toMatchObject({ code: 'mediate.failed' });
  });
});

describe('the module host', () => {
  const hosts: ModuleHost[] = [];
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.close();
  });
  const hostWith = (changes: Partial<Parameters<typeof startModuleHost>[0]> = {}): ModuleHost => {
    const host = sandboxed(changes);
    hosts.push(host);
    return host;
  };

  it('reaches no network, not even what listens on this machine', async () => {
    const server = createServer((_request, response) => response.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const code = `export const mediate = async () => {
      try { return await (await fetch("http://127.0.0.1:${port}")).text(); } catch (error) { return String((error as any).cause?.code); }
    };`;
    try {
      expect(await hostWith().call(module(code), 'mediate', [{}])).toBe('ECONNREFUSED');
    } finally {
      server.close();
    }
  });

  it('ends one that never answers, and the next call gets a fresh process', async () => {
    const host = hostWith({ callTimeoutMs: 1_500 });
    const code = 'export function mediate(request: { hang: boolean }) { for (;;) if (!request.hang) return "fine"; }';
    await expect(host.call(module(code), 'mediate', [{ hang: true }])).rejects.toMatchObject({
      message: './mediate.ts: mediate: did not answer within 1500 ms',
    });
    expect(await host.call(module(code), 'mediate', [{ hang: false }])).toBe('fine');
  });

  it('ends one that eats memory', async () => {
    const code =
      'export function mediate() { const all: unknown[] = []; for (;;) all.push(new Array(10_000).fill({})); }';
    await expect(hostWith({ memoryBytes: 100_000_000 }).call(module(code), 'mediate', [{}])).rejects.toMatchObject({
      code: 'mediate.failed',
      message: expect.stringMatching(/memory/) as string,
    });
  });

  it('keeps two modules apart', async () => {
    const host = hostWith();
    const counting = (by: number) =>
      module(
        `let n = 0; export const mediate = () => { (globalThis as any).n = (globalThis as any).n ?? 0; n += ${by}; return n; };`,
      );
    expect(await host.call(counting(1), 'mediate', [{}])).toBe(1);
    expect(await host.call(counting(10), 'mediate', [{}])).toBe(10);
  });
});

function sandboxed(changes: Partial<Parameters<typeof startModuleHost>[0]> = {}): ModuleHost {
  return startModuleHost({
    driver: createThinDriver(),
    root: {
      digest: 'x',
      binds: [
        { source: '/usr', target: '/usr' },
        { source: process.execPath, target: '/opt/node/bin/node' },
      ],
      symlinks: [
        { target: 'usr/lib', path: '/lib' },
        { target: 'usr/lib64', path: '/lib64' },
      ],
      files: [],
    },
    logger,
    ...changes,
  });
}
