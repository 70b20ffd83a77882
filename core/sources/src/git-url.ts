import { isIP } from 'node:net';
import { SlowLaneError } from '@slowlane/contracts';

/**
 * Where a fetch may go. `hosts`: exact names (`git.example.org`, `git.example.org:8443` for another port), `*.example.org`, or `*`
 * for any public address. Only an exactly named host may have a private address.
 */
export interface FetchAllowance {
  protocols: readonly ('https' | 'ssh' | 'file')[];
  hosts: readonly string[];
}

/** The URL of a repository. Throws `source.refused` with the reason. Does not look up the host: its address is checked where it is dialled, in the gateway. */
export function checkGitUrl(text: string, allow: FetchAllowance): URL {
  // URL parsing drops line breaks and tabs and so hides them: look at the text itself first.
  if (/[\u0000-\u0020\u007f-\u009f]/.test(text)) throw refused(text, 'it has white space or control characters');
  if (text.startsWith('-')) throw refused(text, 'it begins with "-"');
  if (text.includes('::')) throw refused(text, 'transport helpers ("::") are not allowed');
  const url = parse(text.startsWith('/') ? `file://${encodeURI(text)}` : text);
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:'))
    throw refused(text, 'it holds credentials');
  if (url.search !== '' || url.hash !== '') throw refused(text, 'it has a query or a fragment');
  const protocol = url.protocol.slice(0, -1);
  if (!allow.protocols.some((allowed) => allowed === protocol)) {
    throw refused(text, `protocol ${protocol} is not allowed, only ${allow.protocols.join(', ')}`);
  }
  if (protocol === 'file' && url.host !== '') throw refused(text, 'a file URL names no host');
  if (protocol === 'ssh') checkSshUrl(text, url);
  if (protocol !== 'file' && !isAllowedHost(url, allow.hosts)) throw refused(text, `host ${url.host} is not allowed`);
  return url;
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw refused(text, 'it is no URL');
  }
}

/** No scheme that URL parsing knows: it takes hosts and paths as they are, and both become words of a command on either side. */
function checkSshUrl(text: string, url: URL): void {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(url.username))
    throw refused(text, 'it names no user: ssh://git@host/team/repository.git');
  if (!/^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-f:.]+\])$/.test(url.hostname))
    throw refused(text, 'it names no host');
  if (!/^(?:\/[A-Za-z0-9._][A-Za-z0-9._-]*)+$/.test(url.pathname))
    throw refused(text, 'its path may have letters, digits, ".", "_" and "-"');
}

function isAllowedHost(url: URL, hosts: readonly string[]): boolean {
  if (hosts.includes(url.host)) return true;
  if (url.port !== '' || isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return false;
  return hosts.some((host) => host === '*' || (host.startsWith('*.') && url.hostname.endsWith(host.slice(1))));
}

function refused(url: string, reason: string): SlowLaneError {
  const isSsh = /^(?:git\+)?ssh:|^[^/:@\s]+@[^/:\s]+:/i.test(url);
  return new SlowLaneError('source.refused', `${JSON.stringify(url.slice(0, 300))}: ${reason}`, {
    hint: isSsh
      ? 'Write ssh://git@host/team/repository.git, and name its deploy key under sources in slowlane.yaml; or use the https address.'
      : 'Use the https address of the repository, without credentials.',
  });
}
