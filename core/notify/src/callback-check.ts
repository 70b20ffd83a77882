import { type Failure, SlowLaneError } from '@slowlane/contracts';

/**
 * Checks a callback address when it is given: http(s), no credentials, its host named in the allowlist. `http` is for hosts that are
 * named without wildcard. The sender checks the resolved address once more when it calls.
 *
 * @param allow `host`, `host:port`, or `*.domain` for all hosts below a domain
 */
export function checkCallback(url: string, allow: readonly string[]): Failure | undefined {
  const reason = refusalOf(url, allow);
  if (reason === undefined) return undefined;
  return new SlowLaneError('request.callback-refused', `callback "${url}" is refused: ${reason}`).toFailure();
}

function refusalOf(text: string, allow: readonly string[]): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'it is not a URL';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `the scheme "${url.protocol}" is not http or https`;
  if (url.username !== '' || url.password !== '') return 'it holds credentials';
  if (isNamed(url, allow)) return undefined;
  if (!isBelowNamedDomain(url, allow)) return `the host "${url.host}" is not in the allowlist`;
  return url.protocol === 'http:' ? 'https is needed for hosts that a wildcard allows' : undefined;
}

/** Whether the operator named exactly this host, or this host and port. */
export function isNamed(url: URL, allow: readonly string[]): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return allow.some((entry) => {
    const name = entry.toLowerCase();
    return name === url.hostname || name === `${url.hostname}:${port}`;
  });
}

function isBelowNamedDomain(url: URL, allow: readonly string[]): boolean {
  return allow.some((entry) => entry.startsWith('*.') && url.hostname.endsWith(entry.slice(1).toLowerCase()));
}
