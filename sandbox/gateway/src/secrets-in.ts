import type { GatewayOptions } from './gateway.ts';

/** All that the gateway knows and nobody may read: values of headers, passwords in them and in addresses, lines of keys. */
export function secretsIn(options: GatewayOptions): string[] {
  const headers = [
    ...Object.values(options.credentials ?? {}),
    ...(options.gitCredentials ?? []).map(({ authorization }) => authorization),
  ];
  const inAddresses = Object.values(options.upstreams).flatMap((address) =>
    URL.canParse(address) ? [new URL(address).password] : [],
  );
  // Logs are masked line by line. The lines with the name of the format are no secret.
  const lines = (options.gitKeys ?? []).flatMap(({ privateKey }) =>
    privateKey.split(/\r?\n/).filter((line) => !line.startsWith('-----')),
  );
  return [...headers.flatMap(valuesOf), ...inAddresses.flatMap(asWritten), ...lines];
}

/** `Bearer x` -> `x`; `Basic …` -> itself and the password in it. */
function valuesOf(header: string): string[] {
  const [scheme = '', value = ''] = header.split(' ');
  if (scheme !== 'Basic') return [value];
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return [value, pair.slice(pair.indexOf(':') + 1)];
}

function asWritten(password: string): string[] {
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
