import { setTimeout as sleep } from 'node:timers/promises';
import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { Agent, request } from 'undici';
import type { GatewayLimits } from './limits.ts';

/** Base address of one registry, and who may be asked on its behalf. */
export interface UpstreamBase {
  registry: string;
  /** Ends with `/`, holds no credentials. */
  url: URL;
  /** `Authorization` header for this host alone: credentials of the tool's configuration stay here. */
  authorization: string | undefined;
  /** Hosts that the upstream may redirect to, its own included. */
  hosts: ReadonlySet<string>;
}

export interface UpstreamAnswer {
  status: number;
  headers: Record<string, string | undefined>;
  body: Readable;
}

export interface Upstream {
  /**
   * GET, with redirects followed within the base's hosts. Tries again after network errors, 429 and 5xx; what remains is
   * `gateway.upstream`. The caller must read or destroy the body.
   */
  get(base: UpstreamBase, url: URL, headers: Record<string, string>): Promise<UpstreamAnswer>;
  close(): Promise<void>;
}

const MAX_REDIRECTS = 5;
const MAX_RETRY_AFTER_MS = 5_000;

/** `lookup`: how names become addresses; default: as the system does it. */
export function createUpstream(limits: GatewayLimits, secureContext: SecureContext, lookup?: LookupFunction): Upstream {
  const agent = new Agent({
    connections: limits.upstreamConnections,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    headersTimeout: limits.idleTimeoutMs,
    bodyTimeout: limits.idleTimeoutMs,
    connect: { secureContext, timeout: limits.connectTimeoutMs, ...(lookup === undefined ? {} : { lookup }) },
  });
  return {
    get: (base, url, headers) => withRetries(limits, url, () => getFollowing(agent, base, url, headers)),
    close: () => agent.destroy(),
  };
}

/** An answer without interest: a short one is read to its end, so that its connection can be used again. */
export function discard(answer: UpstreamAnswer): void {
  const length = Number(answer.headers['content-length'] ?? Number.NaN);
  answer.body.on('error', () => undefined);
  if (length <= 65_536) answer.body.resume();
  else answer.body.destroy();
}

/** Base address from configuration: checked, with its credentials taken out. Throws `config.invalid`. */
export function upstreamBase(
  registry: string,
  address: string,
  redirectHosts: readonly string[] = [],
  given?: string,
): UpstreamBase {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new SlowLaneError(
      'config.invalid',
      `upstream of registry ${registry}: ${JSON.stringify(address)} is no http(s) URL`,
    );
  }
  const authorization =
    url.username === ''
      ? undefined
      : `Basic ${Buffer.from(`${percentDecoded(url.username)}:${percentDecoded(url.password)}`).toString('base64')}`;
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return { registry, url, authorization: given ?? authorization, hosts: new Set([url.host, ...redirectHosts]) };
}

/** A "%" that begins no code stands for itself, as in the tools the address comes from. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function withRetries(
  limits: GatewayLimits,
  url: URL,
  attempt: () => Promise<UpstreamAnswer>,
): Promise<UpstreamAnswer> {
  for (let tried = 1; ; tried++) {
    const isLast = tried >= limits.attempts;
    const backoffMs = limits.retryDelayMs * 2 ** (tried - 1);
    try {
      const answer = await attempt();
      if (answer.status !== 429 && answer.status < 500) return answer;
      discard(answer);
      if (isLast) throw unavailable(url, `status ${answer.status}`);
      await sleep(Math.max(backoffMs, retryAfterMs(answer.headers['retry-after'])));
    } catch (error) {
      if (error instanceof SlowLaneError) throw error;
      if (isLast) throw unavailable(url, errorText(error), error);
      await sleep(backoffMs);
    }
  }
}

async function getFollowing(
  agent: Agent,
  base: UpstreamBase,
  from: URL,
  headers: Record<string, string>,
): Promise<UpstreamAnswer> {
  let url = from;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const answer = await getOnce(agent, base, url, headers);
    if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
    discard(answer);
    url = redirectTarget(base, url, answer.headers.location);
  }
  throw unavailable(from, `more than ${MAX_REDIRECTS} redirects`);
}

async function getOnce(
  agent: Agent,
  base: UpstreamBase,
  url: URL,
  headers: Record<string, string>,
): Promise<UpstreamAnswer> {
  const credentials =
    base.authorization !== undefined && url.origin === base.url.origin ? { authorization: base.authorization } : {};
  const {
    statusCode,
    headers: received,
    body,
  } = await request(url, {
    dispatcher: agent,
    method: 'GET',
    headers: { 'accept-encoding': 'identity', 'user-agent': 'slowlane-gateway', ...headers, ...credentials },
  });
  const flat = Object.fromEntries(
    Object.entries(received).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
  return { status: statusCode, headers: flat, body };
}

function redirectTarget(base: UpstreamBase, from: URL, location: string | undefined): URL {
  const target = location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (target === undefined) throw unavailable(from, 'a redirect without an address');
  if (target.protocol !== from.protocol && target.protocol !== 'https:')
    throw unavailable(from, `a redirect to ${target.protocol}`);
  if (!base.hosts.has(target.host)) {
    throw new SlowLaneError(
      'gateway.upstream',
      `${from.href}: it redirects to ${target.host}, which registry ${base.registry} does not allow`,
      {
        hint: `Name the address it redirects to as the upstream, under registries in slowlane.yaml.`,
      },
    );
  }
  target.username = '';
  target.password = '';
  return target;
}

function retryAfterMs(header: string | undefined): number {
  const seconds = Number(header);
  return Number.isFinite(seconds) ? Math.min(seconds * 1_000, MAX_RETRY_AFTER_MS) : 0;
}

function errorText(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return [code, message].filter((text) => text !== undefined && text !== '').join(': ');
}

function unavailable(url: URL, reason: string, cause?: unknown): SlowLaneError {
  return new SlowLaneError('gateway.upstream', `${url.href}: ${reason}`, { cause });
}
