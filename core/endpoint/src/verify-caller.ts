import type { TokenStore } from '@slowlane/contracts';
import { looksLikeJwt, type Oidc } from './oidc.ts';

/** One check for both kinds of secret: our own tokens, and JWTs where providers are configured. */
export function verifyCaller(tokens: Pick<TokenStore, 'verify'>, oidc: Oidc | undefined): Pick<TokenStore, 'verify'> {
  return {
    verify: (secret) => (oidc !== undefined && looksLikeJwt(secret) ? oidc.verify(secret) : tokens.verify(secret)),
  };
}
