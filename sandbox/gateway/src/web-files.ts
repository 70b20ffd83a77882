import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { SlowLaneError } from '@slowlane/contracts';
import { isPublicAddress } from '@slowlane/kit';
import type { Announcement } from './announcement.ts';
import type { Depot, Taken } from './depot.ts';
import type { GatewayPath } from './gateway-path.ts';
import { upstreamBase } from './upstream.ts';

type WebPath = Extract<GatewayPath, { kind: 'web' }>;

/** Registry of single files at hosts that the operator named, for what lies in no repository. */
export const webRegistry = 'web';

/** GitHub keeps the files of releases elsewhere. */
const assetHosts = ['objects.githubusercontent.com', 'release-assets.githubusercontent.com'];

/** `/web/https/example.org/x.jar`, `/web/http/127.0.0.1:8080/x.jar` */
export function webPath(registry: string, rest: readonly string[], path: string): GatewayPath {
  const [scheme, host, ...below] = rest;
  if ((scheme !== 'https' && scheme !== 'http') || host === undefined || below.length === 0 || below.at(-1) === '')
    return { kind: 'nothing', registry, path };
  return { kind: 'web', registry, path, scheme, host: host.toLowerCase(), below: below.join('/') };
}

export interface WebFiles {
  depot: Depot;
  /** As in `policy.downloads`. */
  hosts: readonly string[];
  /** Digest (hex) that GitHub knows of a file of a release; `below` is the path of its address. */
  githubDigest(below: string): Promise<string | undefined>;
}

/** Takes a file of a named host, follows redirects to named hosts only, and keeps it for ever: other bytes under one address are an alarm. Throws `gateway.denied`. */
export function takeWebFile(
  { depot, hosts: allowed, githubDigest }: WebFiles,
  path: WebPath,
): Promise<Taken | undefined> {
  const named = path.scheme === 'http' ? `http://${path.host}` : path.host;
  if (!allowed.some((entry) => entry.toLowerCase() === named))
    throw new SlowLaneError('gateway.denied', `${named} is none of the hosts that files may be downloaded from`, {
      hint: 'Ask the platform team to name it under policy.downloads.',
    });
  const hosts = allowed.filter((entry) => !entry.startsWith('http://'));
  const redirects = [...hosts, ...(hosts.includes('github.com') ? assetHosts : [])];
  const base = upstreamBase(path.registry, `${path.scheme}://${path.host}/`, redirects);
  const url = new URL(path.below.split('/').map(encodeURIComponent).join('/'), base.url);
  const announced = named === 'github.com' ? { announced: () => statedBy(githubDigest(path.below)) } : {};
  return depot.take({ path: path.path, base, url, immutable: true, ...announced }, true);
}

async function statedBy(digest: Promise<string | undefined>): Promise<Announcement[]> {
  const hex = await digest;
  return hex === undefined ? [] : [{ kind: 'sha256', sum: hex }];
}

/** A look-up for sockets that gives public addresses only: what a name leads to is checked where it is dialled. */
export function publicLookup(lookup: LookupFunction = systemLookup as LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = found as unknown as LookupAddress[];
      const refused = addresses.find(({ address }) => !isPublicAddress(address));
      if (refused !== undefined) return callback(inner(hostname, refused.address), []);
      const [first] = addresses;
      if (first === undefined)
        return callback(Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' }), []);
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

function inner(host: string, address: string): SlowLaneError {
  return new SlowLaneError('gateway.denied', `${host} is ${address}, an address inside the network, and is not asked`);
}
