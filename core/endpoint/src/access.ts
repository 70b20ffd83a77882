import { type ApiToken, SlowLaneError, type TokenStore } from '@slowlane/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RateLimiter } from './rate-limiter.ts';

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

export interface Access {
  /** Hook for `onRequest`: a valid token with one of the scopes; without scopes, any valid token (the handler then asks `requireScope`). */
  needs(...anyOf: string[]): Hook;
  /** Whose call it is. Only in handlers behind `needs`. */
  callerOf(request: FastifyRequest): ApiToken;
}

/** Checks the token before the body is read, so that a stranger's body costs nothing. */
export function createAccess(tokens: Pick<TokenStore, 'verify'>, limiter?: RateLimiter): Access {
  const callers = new WeakMap<FastifyRequest, ApiToken>();

  return {
    needs(...anyOf) {
      return async (request, reply) => {
        const token = await tokens.verify(bearerOf(request.headers.authorization));
        if (token === undefined) throw new SlowLaneError('auth.invalid', 'the token is unknown, expired or revoked');
        if (limiter !== undefined) reply.headers(limiter.take(token.name));
        if (anyOf.length > 0) requireScope(token, anyOf);
        callers.set(request, token);
      };
    },
    callerOf(request) {
      const token = callers.get(request);
      if (token === undefined)
        throw new Error(`no caller is known for ${request.routeOptions.url}: "needs" is missing`);
      return token;
    },
  };
}

/** Throws `auth.scope` unless the token has one of the scopes. `admin` has all, `push:*` has every `push:<pipeline>`. */
export function requireScope(token: ApiToken, anyOf: readonly string[]): void {
  if (anyOf.some((scope) => hasScope(token, scope))) return;
  const wanted = anyOf.join('" or "');
  throw new SlowLaneError('auth.scope', `the token "${token.name}" does not have the scope "${wanted}"`, {
    hint: `Make one that has it: slowlane token create --scope ${anyOf[0]}`,
    data: { anyOf, has: token.scopes },
  });
}

export function hasScope(token: ApiToken, scope: string): boolean {
  const kind = scope.slice(0, scope.indexOf(':') + 1);
  return token.scopes.some((has) => has === 'admin' || has === scope || (kind !== '' && has === `${kind}*`));
}

function bearerOf(header: string | undefined): string {
  if (header === undefined) throw new SlowLaneError('auth.missing', 'the call has no Authorization header');
  // A JWT may be long; a secret of ours never is.
  const match = /^Bearer (?=.{1,8192}$)([\x21-\x7e]{1,512}|[\w-]+\.[\w-]+\.[\w-]*)$/i.exec(header);
  if (match === null)
    throw new SlowLaneError('auth.missing', 'the Authorization header is not of the form "Bearer TOKEN"');
  return match[1] as string;
}
