import { readBlob } from '@slowlane/artifacts';
import type { BlobStore } from '@slowlane/contracts';
import type { Depot, Order, Taken } from './depot.ts';
import type { GatewayPath } from './gateway-path.ts';
import type { UpstreamBase } from './upstream.ts';

type MavenPath = Extract<GatewayPath, { kind: 'maven' }>;

const MAX_CHECKSUM_BYTES = 4_096;

/** A file of a Maven repository. Released files are kept for ever; metadata and snapshots change. */
export function takeMaven(
  depot: Depot,
  blobs: BlobStore,
  path: MavenPath,
  base: UpstreamBase,
): Promise<Taken | undefined> {
  return depot.take(orderOf(depot, blobs, path, base), true);
}

function orderOf(depot: Depot, blobs: BlobStore, path: MavenPath, base: UpstreamBase): Order {
  const order: Order = { path: path.path, base, url: urlOf(base, path.below), immutable: isImmutable(path.below) };
  if (!order.immutable || isChecksum(path.below)) return order;
  return { ...order, announcedSha1: () => readSha1(depot, blobs, path, base) };
}

function urlOf(base: UpstreamBase, below: string): URL {
  return new URL(below.split('/').map(encodeURIComponent).join('/'), base.url);
}

/** `maven-metadata.xml` with its checksums, and everything below a `-SNAPSHOT` version. */
export function isImmutable(below: string): boolean {
  const name = below.slice(below.lastIndexOf('/') + 1);
  return !name.startsWith('maven-metadata') && !name.startsWith('archetype-catalog') && !/-SNAPSHOT\//.test(below);
}

function isChecksum(below: string): boolean {
  return /\.(sha1|sha256|sha512|md5|asc|sigstore|sigstore\.json)$/.test(below);
}

/**
 * The `.sha1` beside a file: tools ask for it anyway, so this is no request more. Its absence, or a failure to get it, leaves the file
 * unchecked, as in the tools themselves; a wrong one refuses the file.
 */
async function readSha1(
  depot: Depot,
  blobs: BlobStore,
  path: MavenPath,
  base: UpstreamBase,
): Promise<string | undefined> {
  const beside: MavenPath = { ...path, path: `${path.path}.sha1`, below: `${path.below}.sha1` };
  try {
    const record = await depot.takeWhole(orderOf(depot, blobs, beside, base));
    if (record === undefined || record.size > MAX_CHECKSUM_BYTES) return undefined;
    const text = (await readBlob(blobs, record.digest, MAX_CHECKSUM_BYTES)).toString('utf8');
    return /\b[0-9a-f]{40}\b/i.exec(text)?.[0].toLowerCase();
  } catch {
    return undefined;
  }
}
