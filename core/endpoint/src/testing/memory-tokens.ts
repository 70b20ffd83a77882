import type { ApiToken, TokenStore } from '@slowlane/contracts';

/** Tokens by their secret, in a list that the test can reach. `check` throws what the test wants thrown. */
export function memoryTokens(state: { tokens: (ApiToken & { secret: string })[] }, check: () => void): TokenStore {
  return {
    async create({ name, scopes: given, expiresAt }) {
      const token = {
        id: `tok_${state.tokens.length}`,
        name,
        scopes: given,
        createdAt: 1,
        expiresAt,
        revokedAt: undefined,
      };
      const secret = `sl_new${String(state.tokens.length).padStart(5, '0')}_bbbbbbbbbbbbbbbbbbbbbbbb`;
      state.tokens.push({ ...token, secret });
      return { token, secret };
    },
    async verify(secret) {
      check();
      const token = state.tokens.find((one) => one.secret === secret && one.revokedAt === undefined);
      return token === undefined ? undefined : { ...token };
    },
    async list() {
      return state.tokens;
    },
    async revoke(id) {
      const token = state.tokens.find((one) => one.id === id);
      if (token === undefined) return false;
      token.revokedAt = 9;
      return true;
    },
  };
}
