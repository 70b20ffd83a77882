import { type ApiToken, SlowLaneError, type TokenStore } from '@slowlane/contracts';

/** `fetch` reads the repository (clone, fetch), `push` writes it. */
export type GitAccess = 'fetch' | 'push';

/**
 * Who calls, by the token in the password of Basic authentication (any user name) or as Bearer. Throws `auth.missing`, `auth.invalid`, or
 * `auth.scope` with the scope that is needed.
 */
export async function authorize(
  tokens: TokenStore,
  header: string | undefined,
  wanted: { access: GitAccess; pipeline: string },
): Promise<ApiToken> {
  const secret = secretOf(header);
  if (secret === undefined) {
    throw new SlowLaneError('auth.missing', 'git needs a token', { hint: 'Give the token as the password.' });
  }
  const token = await tokens.verify(secret);
  if (token === undefined) throw new SlowLaneError('auth.invalid', 'the token is unknown, expired or revoked');
  const needed = scopesFor(wanted);
  if (needed.some((scope) => token.scopes.includes(scope))) return token;
  throw new SlowLaneError(
    'auth.scope',
    `token "${token.name}" may not ${wanted.access === 'push' ? 'push to' : 'read'} ${wanted.pipeline}: it needs the scope push:${wanted.pipeline}`,
    { hint: `Make one with: slowlane token create --scope push:${wanted.pipeline}` },
  );
}

function scopesFor({ access, pipeline }: { access: GitAccess; pipeline: string }): string[] {
  const push = ['admin', `push:${pipeline}`, 'push:*'];
  return access === 'push' ? push : [...push, 'read'];
}

function secretOf(header: string | undefined): string | undefined {
  const [scheme, value] = (header ?? '').split(' ', 2);
  if (value === undefined || value === '') return undefined;
  if (scheme?.toLowerCase() === 'bearer') return value;
  if (scheme?.toLowerCase() !== 'basic') return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  const secret = colon < 0 ? '' : pair.slice(colon + 1);
  return secret === '' ? undefined : secret;
}
