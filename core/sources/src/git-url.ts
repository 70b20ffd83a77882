import { isIP } from 'node:net';
import { lookup } from 'node:dns/promises';
import { SlowLaneError } from '@slowlane/contracts';
import { isPublicAddress } from '@slowlane/kit';

/**
 * Where a fetch may go. `hosts`: exact names (`git.example.org`, `git.example.org:8443` for another port), `*.example.org`, or `*`
 * for any public address. Only an exactly named host may have a private address.
 */
export interface FetchAllowance {
  protocols: readonly ('https' | 'file')[];
  hosts: readonly string[];
}

/** The URL as git is given it. Throws `source.refused` with the reason. Does not look up the host. */
export function checkGitUrl(text: string, allow: FetchAllowance): URL {
  // URL parsing drops line breaks and tabs and so hides them: look at the text itself first.
  if (/[\u0000-\u0020\u007f-\u009f]/.test(text)) throw refused(text, 'it has white space or control characters');
  if (text.startsWith('-')) throw refused(text, 'it begins with "-"');
  if (text.includes('::')) throw refused(text, 'transport helpers ("::") are not allowed');
  const url = parse(text.startsWith('/') ? `file://${encodeURI(text)}` : text);
  if (url.username !== '' || url.password !== '') throw refused(text, 'it holds credentials');
  if (url.search !== '' || url.hash !== '') throw refused(text, 'it has a query or a fragment');
  const protocol = url.protocol.slice(0, -1);
  if (!allow.protocols.some((allowed) => allowed === protocol)) {
    throw refused(text, `protocol ${protocol} is not allowed, only ${allow.protocols.join(', ')}`);
  }
  if (protocol === 'file' && url.host !== '') throw refused(text, 'a file URL names no host');
  if (protocol === 'https' && !isAllowedHost(url, allow.hosts)) throw refused(text, `host ${url.host} is not allowed`);
  return url;
}

/**
 * Addresses to connect to, looked up once and checked, so that a second look-up cannot answer otherwise (`undefined`: the host is named
 * by the operator and needs no check). Throws `source.refused` for private addresses, `source.unreachable` for unknown hosts.
 */
export async function checkedAddresses(url: URL, allow: FetchAllowance): Promise<string[] | undefined> {
  if (url.protocol === 'file:' || allow.hosts.includes(url.host)) return undefined;
  const addresses = await addressesOf(url.hostname);
  for (const { address } of addresses) {
    if (!isPublicAddress(address)) {
      throw refused(url.href, `its host has the private address ${address}`);
    }
  }
  return addresses.map(({ address }) => address);
}

async function addressesOf(host: string): Promise<{ address: string; family: number }[]> {
  try {
    return await lookup(host, { all: true });
  } catch (error) {
    throw new SlowLaneError('source.unreachable', `${host}: the name cannot be looked up`, { cause: error });
  }
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw refused(text, 'it is no URL');
  }
}

function isAllowedHost(url: URL, hosts: readonly string[]): boolean {
  if (hosts.includes(url.host)) return true;
  if (url.port !== '' || isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return false;
  return hosts.some((host) => host === '*' || (host.startsWith('*.') && url.hostname.endsWith(host.slice(1))));
}

function refused(url: string, reason: string): SlowLaneError {
  return new SlowLaneError('source.refused', `${JSON.stringify(url.slice(0, 300))}: ${reason}`);
}
