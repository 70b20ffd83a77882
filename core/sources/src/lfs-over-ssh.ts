import { randomUUID } from 'node:crypto';
import { SlowLaneError } from '@slowlane/contracts';
import { type FetchSandbox, openFetchSandbox } from './fetch-sandbox.ts';
import type { FetchAllowance } from './git-url.ts';
import { type NamedLfsServer, readLfsServer } from './lfs-server.ts';
import { explain, inside } from './sandboxed-remote.ts';
import type { SourceLimits } from './source-tree.ts';
import { prepareSsh, sshCommand } from './ssh-access.ts';

export interface LfsServerOrder {
  fetchIn: FetchSandbox;
  /** The repository: `ssh://user@host/path`, checked. */
  url: URL;
  allow: FetchAllowance;
  limits: SourceLimits;
  signal: AbortSignal;
}

const TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 65_536;
/** Of all that ssh says, greetings included. */
const MAX_WIRE_BYTES = 1024 ** 2;

/**
 * Asks the host of an ssh repository who has its LFS files, in a fetch sandbox of its own. Throws `source.refused` when that is a host that the operator
 * did not name, and what ssh ends with.
 *
 * @see https://github.com/git-lfs/git-lfs/blob/main/docs/api/server-discovery.md
 */
export async function askLfsServer(order: LfsServerOrder): Promise<NamedLfsServer> {
  const { fetchIn, url, allow, limits } = order;
  const signal = AbortSignal.any([order.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const mayBePrivate = allow.hosts.includes(url.host);
  const door = await fetchIn.gateway.openGit({
    id: randomUUID(),
    url: url.href,
    mayBePrivate,
    maxBytes: MAX_WIRE_BYTES,
  });
  try {
    if (door.ssh === undefined) throw new SlowLaneError('source.refused', `${url.href}: it does not speak ssh`);
    const small = { limits: { ...limits, maxBytes: MAX_WIRE_BYTES }, timeoutMs: TIMEOUT_MS, signal, env: {} };
    const git = await openFetchSandbox(fetchIn, small);
    try {
      await prepareSsh(git, door.ssh);
      const argv = sshCommand(door.ssh, inside, ['git-lfs-authenticate', url.pathname, 'download']);
      const net = { mode: 'gateway', socketPath: door.socketPath } as const;
      return readLfsServer(await git.program(argv, { net, maxBytes: MAX_ANSWER_BYTES }), order);
    } catch (error) {
      return explain({ url, door })(error);
    } finally {
      await git.destroy();
    }
  } finally {
    await door.close();
  }
}
