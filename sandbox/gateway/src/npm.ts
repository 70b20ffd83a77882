import { digestOf } from '@slowlane/artifacts';
import { type BlobStore, SlowLaneError } from '@slowlane/contracts';
import type { Checksum } from './announcement.ts';
import type { Depot, Taken } from './depot.ts';
import type { GatewayPath } from './gateway-path.ts';
import type { GatewayLimits } from './limits.ts';
import type { Page } from './pypi.ts';
import { createParsedFiles } from './read-whole.ts';
import { NpmPackage } from './schema.ts';
import type { UpstreamBase } from './upstream.ts';

type PackagePath = Extract<GatewayPath, { kind: 'npm-package' }>;
type FilePath = Extract<GatewayPath, { kind: 'npm-file' }>;

export interface Npm {
  /** The package's document with its files' addresses pointing at `origin` (scheme, host and mount path). `undefined`: no such package. */
  page(path: PackagePath, base: UpstreamBase, origin: string): Promise<Page | undefined>;
  /** A file that the document names, held against the integrity it gives. */
  file(path: FilePath, base: UpstreamBase): Promise<Taken | undefined>;
}

/** The form for installing: a tenth of the whole document. */
const ACCEPT = 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8';
const MAX_PARSED = 64;

/** Registries named `npm` or `npm-…`. */
export function isNpm(registry: string): boolean {
  return registry === 'npm' || registry.startsWith('npm-');
}

/** `/npm/name`, `/npm/@scope/name`, and `/npm/<either>/-/name-1.0.0.tgz`. */
export function npmPath(registry: string, rest: readonly string[], path: string): GatewayPath {
  const parts = rest[0]?.startsWith('@') === true ? 2 : 1;
  const name = rest.slice(0, parts).join('/');
  const [dash, file, ...more] = rest.slice(parts);
  const isName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[A-Za-z0-9~-][A-Za-z0-9._~-]*$/.test(name) && name.length <= 214;
  if (isName && dash === undefined) return { kind: 'npm-package', registry, path, name };
  const isFile = file !== undefined && /^[A-Za-z0-9._~+-]{1,250}\.tgz$/.test(file) && more.length === 0;
  if (isName && dash === '-' && isFile) return { kind: 'npm-file', registry, path, name, file };
  return { kind: 'nothing', registry, path };
}

/** npm writes the slash of a scope as `%2f`. */
export function plainScope(below: string): string {
  return below.replace(/^(\/npm(?:-[a-z0-9-]+)?\/@[a-z0-9._~-]+)%2f/i, '$1/');
}

export function createNpm(options: { depot: Depot; blobs: BlobStore; limits: GatewayLimits }): Npm {
  const { depot, blobs, limits } = options;
  const read = createParsedFiles<NpmPackage>(depot, blobs, MAX_PARSED);

  function packageOf(name: string, base: UpstreamBase): Promise<NpmPackage | undefined> {
    const url = new URL(name.replace('/', '%2f'), base.url);
    const path = `/${base.registry}/${name}`;
    const order = { path, base, url, immutable: false, accept: ACCEPT, maxBytes: limits.maxIndexBytes };
    return read(order, (bytes) => parse(bytes.toString('utf8'), url));
  }

  return {
    async page({ name, registry }, base, origin) {
      const found = await packageOf(name, base);
      if (found === undefined) return undefined;
      const versions = Object.entries(found.versions).map(([version, facts]) => {
        const tarball = `${origin}/${registry}/${name}/-/${fileNameOf(facts.dist.tarball)}`;
        return [version, { ...facts, dist: { ...facts.dist, tarball } }];
      });
      const body = Buffer.from(JSON.stringify({ ...found, versions: Object.fromEntries(versions) }));
      return { body, contentType: 'application/json', digest: digestOf(body) };
    },
    async file(path, base) {
      const found = await packageOf(path.name, base);
      const facts = Object.values(found?.versions ?? {}).find(({ dist }) => fileNameOf(dist.tarball) === path.file);
      if (facts === undefined || !URL.canParse(facts.dist.tarball)) return undefined;
      const url = new URL(facts.dist.tarball);
      if (url.protocol !== 'https:' && url.protocol !== base.url.protocol) return undefined;
      // The document names the hosts of its files; it was read from the upstream itself, and the bytes must have the integrity it gives.
      const hosts = new Set([...base.hosts, url.host]);
      const order = {
        path: path.path,
        base: { ...base, hosts },
        url,
        immutable: true,
        ...integrityOf(path, facts.dist),
      };
      return depot.take(order, true);
    },
  };
}

function fileNameOf(tarball: string): string {
  return tarball.slice(tarball.lastIndexOf('/') + 1);
}

/** The strongest that is given. A file without any is not served: nothing would say what it should be. */
function integrityOf(path: FilePath, dist: NpmPackage['versions'][string]['dist']): { expected: Checksum } {
  const sha512 = /(?:^|\s)sha512-([A-Za-z0-9+/]{86}==)/.exec(dist.integrity ?? '')?.[1];
  if (sha512 !== undefined) return { expected: { kind: 'sha512', sum: Buffer.from(sha512, 'base64').toString('hex') } };
  const { shasum } = dist;
  if (shasum != null && /^[0-9a-f]{40}$/.test(shasum)) return { expected: { kind: 'sha1', sum: shasum } };
  throw new SlowLaneError('gateway.mismatch', `${path.path}: the registry gives no integrity for it`);
}

function parse(text: string, url: URL): NpmPackage {
  try {
    return NpmPackage.parse(JSON.parse(text));
  } catch (error) {
    throw new SlowLaneError('gateway.upstream', `${url.href}: the package's document cannot be read`, { cause: error });
  }
}
