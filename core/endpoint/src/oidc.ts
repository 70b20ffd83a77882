import { type ApiToken, SlowLaneError } from '@slowlane/contracts';
import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Scope } from './schema.ts';

export interface OidcProvider {
  /** Word for word as the provider writes it into `iss`. */
  issuer: string;
  /** That our tokens must be made for. */
  audience: string;
  /** Claim whose value names the caller. */
  principalClaim: string;
  /** Claim with the scopes or roles: a text with spaces, or a list. */
  scopesClaim: string;
  /** Value of the claim -> scopes here. Empty: values that begin with `slowlane:` count, without that word. */
  roles: Readonly<Record<string, readonly string[]>>;
}

export interface Oidc {
  /** Whose JWT it is; `undefined` when it is not valid here. Throws `auth.provider` while its keys cannot be had. */
  verify(jwt: string): Promise<ApiToken | undefined>;
}

/** Signatures with a public key only: a secret shared with the provider, or none at all, would let others make tokens. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const CLOCK_SKEW_SECONDS = 30;
const FETCH_MS = 5_000;

export interface OidcTimes {
  /** The least time between two fetches of a provider's keys, and between two tries to find it, ms. Default 30,000. */
  coolDownMs?: number;
}

/**
 * Takes access tokens of OpenID providers. Keys come from the provider's own JWKS, are cached, and are fetched again for an unknown key id
 * at most once per cool-down.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
export function createOidc(providers: readonly OidcProvider[], { coolDownMs = 30_000 }: OidcTimes = {}): Oidc {
  const known = new Map(
    providers.map((provider) => [provider.issuer, { provider, keys: keysOf(provider.issuer, coolDownMs) }]),
  );
  return {
    async verify(jwt) {
      const found = known.get(issuerOf(jwt) ?? '');
      if (found === undefined) return undefined;
      const claims = await checked(jwt, found.provider, found.keys);
      return claims === undefined ? undefined : callerOf(claims, found.provider);
    },
  };
}

/** Three parts with dots: our own secrets have none. */
export function looksLikeJwt(secret: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(secret);
}

/** Unchecked: only to know whose keys to check with. */
function issuerOf(jwt: string): string | undefined {
  try {
    return decodeJwt(jwt).iss;
  } catch {
    return undefined;
  }
}

async function checked(jwt: string, provider: OidcProvider, keys: JWTVerifyGetKey): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(jwt, keys, {
      issuer: provider.issuer,
      audience: provider.audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ['exp'],
    });
    return payload;
  } catch (cause) {
    if (isTheirFault(cause)) return undefined;
    throw new SlowLaneError('auth.provider', `the keys of ${provider.issuer} cannot be fetched`, { cause });
  }
}

function isTheirFault(thrown: unknown): boolean {
  const unreachable = [errors.JWKSTimeout, errors.JWKSInvalid].some((kind) => thrown instanceof kind);
  // The plain base class is what an answer of the provider other than 200 is thrown as.
  return thrown instanceof errors.JOSEError && thrown.code !== errors.JOSEError.code && !unreachable;
}

/** The provider is looked for at the first token, so that one that is down keeps nothing from starting. */
function keysOf(issuer: string, coolDownMs: number): JWTVerifyGetKey {
  let finding: { keys: Promise<JWTVerifyGetKey>; at: number; failed: boolean } | undefined;
  return async (header, token) => {
    if (finding === undefined || (finding.failed && Date.now() - finding.at > coolDownMs)) {
      const begun = { keys: discover(issuer, coolDownMs), at: Date.now(), failed: false };
      begun.keys.catch(() => (begun.failed = true));
      finding = begun;
    }
    return (await finding.keys)(header, token);
  };
}

async function discover(issuer: string, coolDownMs: number): Promise<JWTVerifyGetKey> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  const found = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (found.issuer !== issuer) throw new Error(`${address} names another issuer: ${String(found.issuer)}`);
  const keys = new URL(String(found.jwks_uri));
  if (keys.protocol !== 'https:' && keys.origin !== new URL(issuer).origin)
    throw new Error(`${address} names keys that come in the clear: ${keys.href}`);
  return createRemoteJWKSet(keys, { cooldownDuration: coolDownMs, timeoutDuration: FETCH_MS });
}

/** The issuer is part of the name: nobody gets the rights of another's token, webhook secret or Idempotency-Key by choosing a name. */
function callerOf(claims: JWTPayload, provider: OidcProvider): ApiToken | undefined {
  const principal = claims[provider.principalClaim];
  if (typeof principal !== 'string' || !/^[^\p{C}]{1,200}$/u.test(principal)) return undefined;
  const { host, pathname } = new URL(provider.issuer);
  return {
    id: 'oidc',
    name: `${principal}@${host}${pathname.replace(/\/$/, '')}`,
    scopes: scopesOf(claims[provider.scopesClaim], provider.roles),
    createdAt: (claims.iat ?? 0) * 1_000,
    expiresAt: (claims.exp as number) * 1_000,
    revokedAt: undefined,
  };
}

function scopesOf(claim: unknown, roles: OidcProvider['roles']): string[] {
  const values = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim.map(String) : [];
  const given =
    Object.keys(roles).length > 0
      ? values.flatMap((value) => (Object.hasOwn(roles, value) ? (roles[value] as string[]) : []))
      : values.filter((value) => value.startsWith('slowlane:')).map((value) => value.slice('slowlane:'.length));
  return [...new Set(given)].filter((scope) => Scope.safeParse(scope).success);
}
