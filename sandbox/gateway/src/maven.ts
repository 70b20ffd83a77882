import type { BlobStore } from '@slowlane/contracts';
import { type Announcement, type ChecksumKind, readChecksum } from './announcement.ts';
import type { Depot, Order, Taken } from './depot.ts';
import type { GatewayPath } from './gateway-path.ts';
import { readWhole } from './read-whole.ts';
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
  return { ...order, announced: (known) => readBeside({ depot, blobs, path, base }, known) };
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
 * The checksum files beside a file: `.sha1` is asked for by the tools anyway, the stronger ones are what newer releases have, and `.md5` is for
 * repositories that have nothing else. Their absence, or a failure to get them, leaves the file unchecked, as in the tools themselves; a wrong
 * one refuses the file.
 */
async function readBeside(beside: Beside, known: readonly Announcement[]): Promise<Announcement[]> {
  const wanted = (['sha512', 'sha256', 'sha1'] as const).filter((kind) => known.every((one) => one.kind !== kind));
  const found = (await Promise.all(wanted.map((kind) => readOne(beside, kind)))).flatMap((one) => one ?? []);
  if (found.length > 0 || known.length > 0) return found;
  const weak = await readOne(beside, 'md5');
  return weak === undefined ? [] : [weak];
}

interface Beside {
  depot: Depot;
  blobs: BlobStore;
  path: MavenPath;
  base: UpstreamBase;
}

async function readOne({ depot, blobs, path, base }: Beside, kind: ChecksumKind): Promise<Announcement | undefined> {
  const beside: MavenPath = { ...path, path: `${path.path}.${kind}`, below: `${path.below}.${kind}` };
  try {
    const order = { ...orderOf(depot, blobs, beside, base), maxBytes: MAX_CHECKSUM_BYTES };
    return readChecksum(kind, (await readWhole(depot, blobs, order))?.toString('utf8'));
  } catch {
    return undefined;
  }
}
