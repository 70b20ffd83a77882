import { mkdir, readdir, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { LookupFunction } from 'node:net';
import {
  type BlobStore,
  type DependencyGateway,
  type GatewayDoor,
  type GitGateway,
  type Logger,
  registerSecrets,
} from '@slowlane/contracts';
import { answer, type Registries } from './answer.ts';
import { createChecksumDatabase, goChecksumKey } from './checksum-database.ts';
import { createCranIndex } from './cran-index.ts';
import { createDepot } from './depot.ts';
import { openDoor } from './door.ts';
import { createFileIndex } from './file-index.ts';
import { createGitAccess } from './git-access.ts';
import type { GitCredential, GitKey } from './git-credentials.ts';
import { githubApi, releaseDigest } from './github-release.ts';
import { gradleDistHosts } from './gradle-dist.ts';
import { type GatewayLimits, gatewayLimits } from './limits.ts';
import { createNegativeCache } from './negative-cache.ts';
import { secretsIn } from './secrets-in.ts';
import { createNpm } from './npm.ts';
import { createPypi } from './pypi.ts';
import { trustedContext } from './trusted-cas.ts';
import { createUpstream, upstreamBase } from './upstream.ts';
import { type TunnelLimits, tunnelLimits } from './tunnel.ts';
import { publicLookup, webRegistry } from './web-files.ts';

export interface GatewayOptions {
  /** Index of what was fetched; survives restarts. */
  stateDir: string;
  /** Unix sockets of the doors, of this gateway alone. Keep it short: a socket path has at most 107 bytes. */
  socketsDir: string;
  /** Registry -> base URL: `maven`, `pypi`. Credentials in it are sent to that host only, and never shown. */
  upstreams: Record<string, string>;
  /** Registry -> `Authorization` header, for the upstream's own host alone; stands over what its address holds. */
  credentials?: Readonly<Record<string, string>>;
  /** PEM file of the company's CAs, on top of the system's. */
  caBundle: string | undefined;
  blobs: BlobStore;
  limits?: Partial<GatewayLimits>;
  tunnelLimits?: Partial<TunnelLimits>;
  /** Hosts besides the upstream's own that it may redirect to, per registry. */
  redirectHosts?: Record<string, readonly string[]>;
  /** Hosts of the registry `web`, as in `policy.downloads`; without any there is no such registry. */
  webHosts?: readonly string[];
  /** Credentials of git sources. */
  gitCredentials?: readonly GitCredential[];
  /** Deploy keys of git sources that speak ssh. */
  gitKeys?: readonly GitKey[];
  /** Key of the checksum database that Go's module proxies pass on; default: the one of sum.golang.org. */
  goChecksumKey?: string;
  /** How names become addresses, which are then checked; default: as the system does it. */
  lookup?: LookupFunction;
  logger: Logger;
  /** Epoch milliseconds; for tests of what expires. */
  now?: () => number;
}

export interface HandleOptions {
  registries: readonly string[];
  /** Path the caller mounted the gateway at, without a slash at its end: `/deps`. */
  mountPath: string;
}

export interface Gateway extends DependencyGateway, GitGateway {
  /** Answers one request whose `url` still begins with `mountPath`: for people's own tools. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, options: HandleOptions): Promise<void>;
}

/** Opens the store and connects to nothing yet. Throws `config.invalid`. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  await prepareFolders(options);
  registerSecrets(secretsIn(options));
  const { registries, git, close } = await createRegistries(options);
  const doors = new Set<GatewayDoor>();
  return {
    async open({ id, registries: allowed, layouts, connect = [] }) {
      const door: GatewayDoor = await openDoor({
        id,
        registries: allowed,
        ...(layouts === undefined ? {} : { layouts }),
        tunnels: {
          hosts: connect.map((host) => host.toLowerCase()),
          lookup: publicLookup(options.lookup),
          limits: { ...tunnelLimits, ...options.tunnelLimits },
          logger: options.logger,
        },
        socketsDir: options.socketsDir,
        maxConnections: options.limits?.doorConnections ?? gatewayLimits.doorConnections,
        answer: (caller, exchange) => answer(registries, caller, exchange),
        onClosed: () => doors.delete(door),
      });
      doors.add(door);
      return door;
    },
    openGit: (order) => git.openGit(order),
    fetchLfs: (order) => git.fetchLfs(order),
    handle: (request, response, { registries: allowed, mountPath }) =>
      answer(
        registries,
        { registries: allowed, mountPath, onServed: () => undefined, onDenied: () => undefined },
        { request, response },
      ),
    upstreams: () => ({
      ...Object.fromEntries([...registries.bases].map(([name, base]) => [name, base.url.href])),
      ...(registries.web.hosts.length === 0 ? {} : { [webRegistry]: registries.web.hosts.join(' ') }),
    }),
    async close() {
      await Promise.all([...doors].map((door) => door.close()));
      await close();
    },
  };
}

async function createRegistries(
  options: GatewayOptions,
): Promise<{ registries: Registries; git: GitGateway; close: () => Promise<void> }> {
  const limits = { ...gatewayLimits, ...options.limits };
  const now = options.now ?? Date.now;
  const { blobs, logger } = options;
  const bases = new Map(
    Object.entries(options.upstreams).map(([name, address]) => [
      name,
      upstreamBase(
        name,
        address,
        options.redirectHosts?.[name] ?? (name === 'gradle-dist' ? gradleDistHosts : []),
        options.credentials?.[name],
      ),
    ]),
  );
  const trusted = await trustedContext(options.caBundle);
  const upstream = createUpstream(limits, trusted);
  const guardedLookup = publicLookup(options.lookup);
  const guarded = createUpstream(limits, trusted, guardedLookup);
  const index = createFileIndex(join(options.stateDir, 'index'));
  const negative = createNegativeCache(limits.negativeTtlMs, now);
  const common = { index, negative, blobs, spoolDir: spoolOf(options), limits, logger, now };
  const depot = createDepot({ ...common, upstream });
  const web = {
    depot: createDepot({ ...common, upstream: guarded }),
    hosts: options.webHosts ?? [],
    githubDigest: (below: string) => releaseDigest(guarded, githubApi, below),
  };
  const git = createGitAccess({
    socketsDir: options.socketsDir,
    credentials: options.gitCredentials ?? [],
    keys: options.gitKeys ?? [],
    trusted,
    guardedLookup,
    limits,
    blobs,
    logger,
  });
  const pypi = createPypi({ depot, index, blobs, limits, logger });
  return {
    registries: {
      bases,
      depot,
      pypi,
      npm: createNpm({ depot, blobs, limits }),
      indexes: {
        cran: createCranIndex(depot, blobs),
        go: createChecksumDatabase({ depot, blobs, logger, key: options.goChecksumKey ?? goChecksumKey }),
      },
      web,
      blobs,
      logger,
    },
    git,
    close: async () => {
      await Promise.all([upstream.close(), guarded.close(), git.close()]);
      await Promise.all([depot.idle(), web.depot.idle()]);
    },
  };
}

function spoolOf({ stateDir }: GatewayOptions): string {
  return join(stateDir, 'spool');
}

/** Sockets of a gateway that was killed lead nowhere, and its copies are of no use. */
async function prepareFolders(options: GatewayOptions): Promise<void> {
  await rm(spoolOf(options), { recursive: true, force: true });
  await mkdir(spoolOf(options), { recursive: true, mode: 0o700 });
  await mkdir(options.socketsDir, { recursive: true, mode: 0o700 });
  const left = (await readdir(options.socketsDir)).filter((name) => /^[0-9a-f]{16}\.sock$/.test(name));
  await Promise.all(left.map((name) => rm(join(options.socketsDir, name), { force: true })));
}
