import type { BlobStore } from '@slowlane/contracts';
import { type Announcement, readChecksum } from './announcement.ts';
import type { Depot, Order, Taken } from './depot.ts';
import type { GatewayPath } from './gateway-path.ts';
import { readWhole } from './read-whole.ts';
import type { UpstreamBase } from './upstream.ts';

type GradleDistPath = Extract<GatewayPath, { kind: 'gradle-dist' }>;

/** Where Gradle's own server sends those who ask for a distribution: it keeps them among the releases of its repository. */
export const gradleDistHosts: readonly string[] = [
  'github.com',
  'objects.githubusercontent.com',
  'release-assets.githubusercontent.com',
];

/** `/gradle-dist/gradle-8.14-bin.zip`, and the checksum that is published beside it; nothing else is below this registry. */
export function gradleDistPath(registry: string, rest: readonly string[], path: string): GatewayPath {
  const [file, ...more] = rest;
  const isDistribution =
    file !== undefined && /^gradle-[0-9][0-9A-Za-z.-]{0,40}-(?:bin|all)\.zip(?:\.sha256)?$/.test(file);
  if (!isDistribution || more.length > 0) return { kind: 'nothing', registry, path };
  return { kind: 'gradle-dist', registry, path, file };
}

/** A distribution of Gradle: kept for ever, and held against its published SHA-256 where there is one. */
export function takeGradleDist(
  depot: Depot,
  blobs: BlobStore,
  path: GradleDistPath,
  base: UpstreamBase,
): Promise<Taken | undefined> {
  const order = orderOf(path, base);
  if (path.file.endsWith('.sha256')) return depot.take(order);
  return depot.take({ ...order, announced: () => publishedSha256(depot, blobs, { path, base }) }, true);
}

function orderOf(path: GradleDistPath, base: UpstreamBase): Order {
  return { path: path.path, base, url: new URL(path.file, base.url), immutable: true };
}

/** A mirror without the checksum leaves the file to what the project's wrapper pins. */
async function publishedSha256(
  depot: Depot,
  blobs: BlobStore,
  { path, base }: { path: GradleDistPath; base: UpstreamBase },
): Promise<Announcement[]> {
  const beside = { ...path, path: `${path.path}.sha256`, file: `${path.file}.sha256` };
  const bytes = await readWhole(depot, blobs, { ...orderOf(beside, base), maxBytes: 4_096 });
  const published = readChecksum('sha256', bytes?.toString('utf8'));
  return published === undefined ? [] : [published];
}
