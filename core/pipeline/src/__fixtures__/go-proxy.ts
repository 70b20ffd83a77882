import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';

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
  const files = { 'go.mod': mod, 'code.go': code };
  const base = `/${module}/@v/${version}`;
  const served = new Map<string, string | Buffer>([
    [`${base}.info`, JSON.stringify({ Version: version, Time: '2024-01-01T00:00:00Z' })],
    [`${base}.mod`, mod],
    [`${base}.zip`, storedZip(Object.entries(files).map(([path, text]) => [`${module}@${version}/${path}`, text]))],
    [`/${module}/@v/list`, `${version}\n`],
  ]);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url as string);
    const body = served.get(request.url as string);
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const zipped = Object.entries(files).map(([path, text]): [string, string] => [`${module}@${version}/${path}`, text]);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    goSum: `${module} ${version} ${sumOf(zipped)}\n${module} ${version}/go.mod ${sumOf([['go.mod', mod]])}\n`,
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

function storedZip(files: [string, string][]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of files) {
    const [name, content] = [Buffer.from(path), Buffer.from(text)];
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt32LE(crc32(content), 10);
    head.writeUInt32LE(content.length, 14);
    head.writeUInt32LE(content.length, 18);
    head.writeUInt16LE(name.length, 22);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('504b01021400', 'hex'), head, central, name);
    parts.push(Buffer.from('504b0304', 'hex'), head, name, content);
    offset += 30 + name.length + content.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}
