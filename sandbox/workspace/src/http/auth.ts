import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Judgement, Identity } from '../identity/open-identity.ts';
import { setPrincipal } from '../identity/principal.ts';
import { ApiError } from './api-error.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a token: what a client asks to get one, and links that carry their own right. */
    open?: boolean;
  }
}

/**
 * Every call names its sender by a bearer token: none is 401, a wrong one 403, an OAuth token that has expired 401, so that its client
 * fetches another. The pages of a run also take HTTP Basic with the token as password, because a browser cannot send a bearer token.
 */
export function registerAuth(app: FastifyInstance, identity: Identity): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.open === true) return;
    const given = givenToken(request);
    if (given === undefined) {
      if (isPage(request)) reply.header('www-authenticate', 'Basic realm="Slow Lane local workspace"');
      throw new ApiError(401, 'UNAUTHENTICATED', 'Credential was not sent or was of an unsupported type for this API.');
    }
    const judgement = identity.judge(given);
    if ('refused' in judgement) throw refusal(judgement);
    // By the route that was found: the address itself can spell it in many ways.
    if (isControl(request) && !isPage(request) && !judgement.principal.isAdmin)
      throw new ApiError(403, 'PERMISSION_DENIED', 'Only admins may use the control API.');
    setPrincipal(request, judgement.principal);
  });
}

/** The token of a call, for a fault that makes it expire. */
export function givenToken(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization ?? '';
  const bearer = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (bearer !== undefined || !isPage(request)) return bearer;
  const basic = /^Basic +(\S+)$/i.exec(header)?.[1];
  if (basic === undefined) return undefined;
  const pair = Buffer.from(basic, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

export function refusal({ refused, kind }: Extract<Judgement, { refused: string }>): ApiError {
  if (refused === 'expired' && kind === 'oauth')
    return new ApiError(401, 'UNAUTHENTICATED', 'Access token has expired.');
  return new ApiError(403, 'PERMISSION_DENIED', 'Invalid access token.');
}

/** A call of the control API, however its address was written. */
export function isControl({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith('/slowlane/') === true;
}

function isPage(request: FastifyRequest): boolean {
  return request.method === 'GET' && /^\/(?:jobs|slowlane\/spark-ui)\//.test(request.routeOptions.url ?? '');
}
