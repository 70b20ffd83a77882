import { SlowLaneError } from '@slowlane/contracts';
import type { RegistrySettings, SlowLaneYaml, SourceSettings } from './schema.ts';

type Secret = (variable: string) => string | undefined;

/** Registry -> address, without credentials. */
export function registryAddresses(registries: SlowLaneYaml['registries']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(registries).map(([name, settings]) => [
      name,
      typeof settings === 'string' ? settings : settings.url,
    ]),
  );
}

/** Registry -> `Authorization` header, of those that need one. Throws `config.invalid` for a variable that is not set. */
export function registryCredentials(registries: SlowLaneYaml['registries'], secret: Secret): Record<string, string> {
  return Object.fromEntries(
    Object.entries(registries).flatMap(([name, settings]) => {
      const header = typeof settings === 'string' ? undefined : headerOf(settings, `registries.${name}`, secret);
      return header === undefined ? [] : [[name, header]];
    }),
  );
}

/** `Authorization` headers of git sources, and what they are for. Throws `config.invalid` for a variable that is not set. */
export function sourceCredentials(
  sources: readonly SourceSettings[],
  secret: Secret,
): { match: string; authorization: string }[] {
  return sources.flatMap(({ match, token_env: variable, user, scheme }, index) => {
    if (variable === undefined) return [];
    const token = valueOf(variable, `sources[${index}].token_env`, secret);
    return [{ match, authorization: scheme === 'bearer' ? `Bearer ${token}` : basic(user, token) }];
  });
}

/** Deploy keys of git sources that speak ssh, and what they are for. Throws `config.invalid` for a variable that holds none. */
export function sourceKeys(
  sources: readonly SourceSettings[],
  secret: Secret,
): { match: string; privateKey: string; hostKeys: readonly string[] }[] {
  return sources.flatMap(({ match, key_env: variable, host_keys: hostKeys = [] }, index) => {
    if (variable === undefined) return [];
    const privateKey = secret(variable) ?? '';
    if (/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(privateKey)) return [{ match, privateKey, hostKeys }];
    throw new SlowLaneError(
      'config.invalid',
      `sources[${index}].key_env: the variable ${variable} ${privateKey === '' ? 'is not set' : 'holds no private key'}`,
      { hint: `Set it before "slowlane up": export ${variable}="$(cat FILE)", with the file of the deploy key.` },
    );
  });
}

/** Hosts that sources name: these may have inner addresses. */
export function sourceHosts(sources: readonly SourceSettings[]): string[] {
  return [...new Set(sources.map(({ match }) => new URL(match.replace(/\*$/, '')).host))];
}

/** Names of the variables that hold credentials of registries, and of sources. */
export function credentialVariables(config: Pick<SlowLaneYaml, 'registries' | 'sources'>): {
  registries: string[];
  sources: string[];
} {
  const named = Object.values(config.registries).flatMap((settings) =>
    typeof settings === 'string' ? [] : [settings.username_env, settings.password_env, settings.token_env],
  );
  return {
    registries: named.filter((name) => name !== undefined),
    sources: config.sources.flatMap(({ token_env: token, key_env: key }) =>
      [token, key].filter((name) => name !== undefined),
    ),
  };
}

function headerOf(settings: Exclude<RegistrySettings, string>, where: string, secret: Secret): string | undefined {
  const { username_env: user, password_env: password, token_env: token } = settings;
  if (token !== undefined) return `Bearer ${valueOf(token, `${where}.token_env`, secret)}`;
  if (user === undefined || password === undefined) return undefined;
  return basic(valueOf(user, `${where}.username_env`, secret), valueOf(password, `${where}.password_env`, secret));
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function valueOf(variable: string, where: string, secret: Secret): string {
  const value = secret(variable);
  if (value !== undefined && !/[\r\n\0]/.test(value)) return value;
  const fault = value === undefined ? 'is not set' : 'has a line break in its value';
  throw new SlowLaneError('config.invalid', `${where}: the variable ${variable} ${fault}`, {
    hint: `Set ${variable} before "slowlane up", or take the entry out of slowlane.yaml.`,
  });
}
