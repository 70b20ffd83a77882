import { invalidParameter } from '../http/api-error.ts';

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * The address of a webhook, if it may be called: on this machine always, elsewhere where the operator has listed the host (`host` or
 * `host:port`). 400 says what to do about another one.
 */
export function checkAddress(text: string, allowedHosts: readonly string[]): URL {
  const url = parse(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalidParameter(`The webhook address must begin with http: or https:, but begins with ${url.protocol}`);
  if (url.username !== '' || url.password !== '')
    throw invalidParameter('The webhook address must not hold a password; use username and password.');
  if (loopback.has(url.hostname) || allowedHosts.includes(url.hostname) || allowedHosts.includes(url.host)) return url;
  throw invalidParameter(
    `The local workspace does not call ${url.host}: list it under notification_hosts of the workspace in slowlane.yaml.`,
  );
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw invalidParameter('The webhook address is no URL.');
  }
}
