import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { readZipIndex } from '@slowlane/archive';
import type { Arrived } from './depot.ts';
import type { GoFile } from './go-module.ts';

/** As Go itself has them; deflate packs to a thousandth at most. @see https://go.dev/ref/mod#zip-path-size-constraints */
const zipLimits = { maxBytes: 500 * 1024 ** 2, maxEntries: 150_000, maxRatio: 1_100, maxPathBytes: 4_096 };

/**
 * The sum of a file as `go.sum` has it: SHA-256 over a line for each file of the zip, or for the `go.mod` alone. Throws `archive.refused`.
 *
 * @see https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash#Hash1
 */
export async function goSumOf(kind: GoFile['kind'], { sha256, file }: Arrived): Promise<string> {
  return kind === 'mod' ? sumOver([{ path: 'go.mod', sha256 }]) : sumOver(await hashesIn(file));
}

interface Hashed {
  path: string;
  sha256: string;
}

/** Go sorts by bytes, JavaScript by UTF-16. */
function sumOver(files: readonly Hashed[]): string {
  const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const hash = createHash('sha256');
  for (const { path, sha256 } of sorted) hash.update(`${sha256}  ${path}\n`);
  return `h1:${hash.digest('base64')}`;
}

async function hashesIn(zip: string): Promise<Hashed[]> {
  const index = await readZipIndex(zip, zipLimits);
  try {
    const files: Hashed[] = [];
    for (const { path } of index.entries) {
      const hash = createHash('sha256');
      await pipeline(await index.open(path), hash);
      files.push({ path, sha256: hash.digest('hex') });
    }
    return files;
  } finally {
    await index.close();
  }
}
