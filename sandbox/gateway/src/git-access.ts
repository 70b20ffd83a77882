import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import { type BlobStore, type GitGateway, type Logger, SlowLaneError } from '@slowlane/contracts';
import { isPublicAddress } from '@slowlane/kit';
import { Agent } from 'undici';
import { credentialFor, type GitCredential, type GitKey, keyFor } from './git-credentials.ts';
import { openGitDoor } from './git-door.ts';
import { fetchLfs, givenServer, ownServer } from './git-lfs.ts';
import type { GatewayLimits } from './limits.ts';
import { openSshDoor } from './ssh-door.ts';

export interface GitAccessOptions {
  socketsDir: string;
  credentials: readonly GitCredential[];
  keys: readonly GitKey[];
  trusted: SecureContext;
  /** Gives public addresses only. */
  guardedLookup: LookupFunction;
  limits: GatewayLimits;
  blobs: BlobStore;
  logger: Logger;
}

/** Everything that leads to git hosts. Nothing is cached and nothing is followed: a repository answers at its address or not at all. */
export function createGitAccess(options: GitAccessOptions): GitGateway & { close(): Promise<void> } {
  const { socketsDir, credentials, limits, logger, blobs } = options;
  const agents = { guarded: agentOf(options, options.guardedLookup), inner: agentOf(options, undefined) };
  const doors = new Set<{ close(): Promise<void> }>();

  function agentFor(url: URL, mayBePrivate: boolean): Agent {
    return isGuarded(url, mayBePrivate) ? agents.guarded : agents.inner;
  }

  /** Names are checked where they are dialled; addresses written as digits are never looked up. */
  function isGuarded(url: URL, mayBePrivate: boolean): boolean {
    if (mayBePrivate) return false;
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && !isPublicAddress(literal)) {
      throw new SlowLaneError('source.refused', `${url.href}: its host has the private address ${literal}`);
    }
    return true;
  }

  return {
    async openGit({ id, url: address, mayBePrivate, maxBytes }) {
      const url = new URL(address);
      const common = { id, url, maxBytes, socketsDir, logger };
      const door =
        url.protocol === 'ssh:'
          ? await openSshDoor({
              ...common,
              key: keyFor(options.keys, url),
              lookup: isGuarded(url, mayBePrivate) ? options.guardedLookup : undefined,
              connectTimeoutMs: limits.connectTimeoutMs,
            })
          : await openGitDoor({
              ...common,
              agent: agentFor(url, mayBePrivate),
              authorization: credentialFor(credentials, url),
            });
      const kept = { ...door, close: () => door.close().finally(() => doors.delete(kept)) };
      doors.add(kept);
      return kept;
    },
    fetchLfs: ({ url: address, mayBePrivate, maxBytes, files, server, signal }) => {
      const url = new URL(address);
      const own = server === undefined ? ownServer(url, credentialFor(credentials, url)) : givenServer(server);
      const agentOfHost = (host: URL) => agentFor(host, mayBePrivate && host.host === own.url.host);
      return fetchLfs({ url, server: own, agentOf: agentOfHost, maxBytes, files, signal, blobs, logger });
    },
    async close() {
      await Promise.all([...doors].map((door) => door.close()));
      await Promise.all([agents.guarded.destroy(), agents.inner.destroy()]);
    },
  };
}

function agentOf({ trusted, limits }: GitAccessOptions, lookup: LookupFunction | undefined): Agent {
  return new Agent({
    connections: limits.upstreamConnections,
    pipelining: 1,
    // The server may count and compress for long before the first byte of a pack.
    headersTimeout: 4 * limits.idleTimeoutMs,
    bodyTimeout: 2 * limits.idleTimeoutMs,
    connect: {
      secureContext: trusted,
      timeout: limits.connectTimeoutMs,
      ...(lookup === undefined ? {} : { lookup }),
    },
  });
}
