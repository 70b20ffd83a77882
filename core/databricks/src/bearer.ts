import { SlowLaneError, registerSecrets } from '@slowlane/contracts';
import type { Clock } from './clock.ts';
import { WellKnown } from './schema.ts';

export type Auth = { token: string } | { clientId: string; clientSecret: string };

export interface Bearer {
  /** The token to send; concurrent callers share one refresh. */
  get(): Promise<string>;
  /** Forgets a token that was refused. False when there is no other to get. */
  renew(refused: string): boolean;
}

/** A form POST (with Basic credentials) or a GET, outside the token's own loop; answers parsed JSON. */
export type OpenCall = (path: string, form?: { basic: string; body: string }) => Promise<unknown>;

export interface TokenSource {
  open: OpenCall;
  /** Origin of the workspace: the secret goes there and nowhere else. */
  host: string;
}

/** A personal access token is itself the bearer token. It, and every token fetched, is masked in all texts of this process from here on. */
export function createBearer(auth: Auth, source: TokenSource, clock: Clock): Bearer {
  if ('token' in auth) {
    registerSecrets([auth.token]);
    return { get: () => Promise.resolve(auth.token), renew: () => false };
  }
  registerSecrets([auth.clientSecret]);
  return machineToken(auth, source, clock);
}

/** A token counts as expired this long before its end, so that none ends on its way. */
const earlyMs = 40_000;

/**
 * OAuth of a service principal: discovery, then client credentials.
 *
 * @see https://docs.databricks.com/dev-tools/auth/oauth-m2m
 */
function machineToken(auth: { clientId: string; clientSecret: string }, source: TokenSource, clock: Clock): Bearer {
  let current: { token: string; until: number } | undefined;
  let fetching: Promise<string> | undefined;
  const fetchToken = async (): Promise<string> => {
    const { token, expiresInMs } = await requestToken(auth, source);
    current = { token, until: clock.now() + expiresInMs - earlyMs };
    return token;
  };
  return {
    get() {
      if (current !== undefined && current.until > clock.now()) return Promise.resolve(current.token);
      fetching ??= fetchToken().finally(() => (fetching = undefined));
      return fetching;
    },
    renew(refused) {
      if (current?.token === refused) current = undefined;
      return true;
    },
  };
}

async function requestToken(
  auth: { clientId: string; clientSecret: string },
  { open, host }: TokenSource,
): Promise<{ token: string; expiresInMs: number }> {
  const oidc = await oidcPath(open, host);
  const discovery = (await open(`${oidc}/.well-known/oauth-authorization-server`)) as { token_endpoint?: unknown };
  const endpoint =
    typeof discovery.token_endpoint === 'string' ? new URL(discovery.token_endpoint).pathname : '/oidc/v1/token';
  const basic = Buffer.from(`${encodeURIComponent(auth.clientId)}:${encodeURIComponent(auth.clientSecret)}`).toString(
    'base64',
  );
  registerSecrets([basic]);
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'all-apis' }).toString();
  const answer = (await open(endpoint, { basic, body })) as { access_token?: unknown; expires_in?: unknown };
  if (typeof answer.access_token !== 'string') {
    throw new SlowLaneError('workspace.unauthenticated', `POST ${endpoint}: the answer has no access_token`);
  }
  registerSecrets([answer.access_token]);
  return { token: answer.access_token, expiresInMs: Number(answer.expires_in ?? 3_600) * 1_000 };
}

/** Where the workspace says that its OIDC endpoint is, if it says so and it is its own; `/oidc` otherwise. Best effort: a failure means nothing. */
async function oidcPath(open: OpenCall, host: string): Promise<string> {
  const answer = await open('/.well-known/databricks-config').catch(() => undefined);
  const config = WellKnown.safeParse(answer);
  if (!config.success || config.data.oidc_endpoint === undefined) return '/oidc';
  const endpoint = config.data.oidc_endpoint.replace('{account_id}', encodeURIComponent(config.data.account_id ?? ''));
  if (!URL.canParse(endpoint) || new URL(endpoint).origin !== host) return '/oidc';
  return new URL(endpoint).pathname.replace(/\/+$/, '');
}
