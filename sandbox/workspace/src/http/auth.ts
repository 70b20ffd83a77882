import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.ts';

/**
 * One bearer token for everything: none is 401, a wrong one 403. The run page also takes HTTP Basic with the token as password,
 * because a browser cannot send a bearer token.
 */
export function registerAuth(app: FastifyInstance, token: string): void {
  const expected = digestOf(token);
  app.addHook('onRequest', async (request, reply) => {
    const given = givenToken(request);
    if (given === undefined) {
      if (isPage(request)) reply.header('www-authenticate', 'Basic realm="Slow Lane local workspace"');
      throw new ApiError(401, 'UNAUTHENTICATED', 'Credential was not sent or was of an unsupported type for this API.');
    }
    if (!timingSafeEqual(digestOf(given), expected))
      throw new ApiError(403, 'PERMISSION_DENIED', 'Invalid access token.');
  });
}

function givenToken(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization ?? '';
  const bearer = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (bearer !== undefined || !isPage(request)) return bearer;
  const basic = /^Basic +(\S+)$/i.exec(header)?.[1];
  if (basic === undefined) return undefined;
  const pair = Buffer.from(basic, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function isPage(request: FastifyRequest): boolean {
  return request.method === 'GET' && request.url.startsWith('/jobs/');
}

/** Equal lengths, so that the comparison takes the same time for every wrong token. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
