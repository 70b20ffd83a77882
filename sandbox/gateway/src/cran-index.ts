import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { BlobStore } from '@slowlane/contracts';
import { type Announcement, readChecksum } from './announcement.ts';
import type { Depot } from './depot.ts';
import { createParsedFiles } from './read-whole.ts';
import type { UpstreamBase } from './upstream.ts';

/** Most that an index may have when it is unpacked, in bytes. */
const MAX_INDEX_BYTES = 128 * 1024 ** 2;
/** One for each repository and folder that builds use. */
const MAX_PARSED = 8;

const unzip = promisify(gunzip);

/** What the index of an R repository says of its packages. */
export interface CranIndex {
  /** Checksums of a file `NAME_VERSION.tar.gz` by the index of its folder; none where the index is not there or does not list it. */
  announced(base: UpstreamBase, below: string): Promise<Announcement[]>;
}

/**
 * Reads `PACKAGES` beside the packages, which R itself reads before it asks for one. An index that is older than the package lists another
 * version, and the archive of old versions has none: both leave the file unchecked.
 *
 * @see https://cran.r-project.org/doc/manuals/r-release/R-admin.html#Setting-up-a-package-repository
 */
export function createCranIndex(depot: Depot, blobs: BlobStore): CranIndex {
  const read = createParsedFiles<ReadonlyMap<string, Announcement[]>>(depot, blobs, MAX_PARSED);

  async function packagesIn(base: UpstreamBase, folder: string): Promise<ReadonlyMap<string, Announcement[]>> {
    for (const name of ['PACKAGES.gz', 'PACKAGES']) {
      const below = `${folder}/${name}`;
      const order = {
        path: `/${base.registry}/${below}`,
        base,
        url: new URL(`./${below}`, base.url),
        immutable: false,
      };
      const found = await read({ ...order, maxBytes: MAX_INDEX_BYTES }, async (bytes) =>
        parsePackages((await plain(bytes)).toString('utf8')),
      );
      if (found !== undefined) return found;
    }
    return new Map();
  }

  return {
    async announced(base, below) {
      const slash = below.lastIndexOf('/');
      try {
        return (await packagesIn(base, below.slice(0, slash))).get(below.slice(slash + 1)) ?? [];
      } catch {
        // As in R itself, which asks for the index first and has nothing to hold a package against without it.
        return [];
      }
    },
  };
}

async function plain(bytes: Buffer): Promise<Buffer> {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? unzip(bytes, { maxOutputLength: MAX_INDEX_BYTES }) : bytes;
}

/** File name -> checksums. Paragraphs of `Name: value` lines, with an empty line between. */
export function parsePackages(text: string): ReadonlyMap<string, Announcement[]> {
  const files = new Map<string, Announcement[]>();
  for (const paragraph of text.split(/\r?\n\r?\n/)) {
    const name = field(paragraph, 'Package');
    const version = field(paragraph, 'Version');
    if (name === undefined || version === undefined) continue;
    const sums = [
      readChecksum('sha256', field(paragraph, 'SHA256')),
      readChecksum('md5', field(paragraph, 'MD5sum')),
    ].flatMap((one) => one ?? []);
    if (sums.length > 0) files.set(`${name}_${version}.tar.gz`, sums);
  }
  return files;
}

function field(paragraph: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(\\S+)`, 'm').exec(paragraph)?.[1];
}
