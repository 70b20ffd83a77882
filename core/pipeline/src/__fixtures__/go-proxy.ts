import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { storedZip } from '@slowlane/testkit';

/** A Go module proxy on loopback with one module, and the `go.sum` that pins it. */
export interface GoProxy {
  url: string;
  goSum: string;
  asked: string[];
  stop(): Promise<void>;
}

/** @see https://go.dev/ref/mod#goproxy-protocol */
export async function startGoProxy(module: string, version: string, code: string): Promise<GoProxy> {
  const mod = `module ${module}\n\ngo 1.19\n`;
  const files: [string, string][] = Object.entries({ 'go.mod': mod, 'code.go': code }).map(([path, text]) => [
    `${module}@${version}/${path}`,
    text,
  ]);
  const base = `/${module}/@v/${version}`;
  const served = new Map<string, string | Buffer>([
    [`${base}.info`, JSON.stringify({ Version: version, Time: '2024-01-01T00:00:00Z' })],
    [`${base}.mod`, mod],
    [`${base}.zip`, storedZip(files)],
    [`/${module}/@v/list`, `${version}\n`],
  ]);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url as string);
    const body = served.get(request.url as string);
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    goSum: `${module} ${version} ${sumOf(files)}\n${module} ${version}/go.mod ${sumOf([['go.mod', mod]])}\n`,
    asked,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The `h1:` hash of golang.org/x/mod/sumdb/dirhash: SHA-256 over a line per file. */
function sumOf(files: [string, string][]): string {
  const lines = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, text]) => `${createHash('sha256').update(text).digest('hex')}  ${path}\n`);
  return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`;
}
