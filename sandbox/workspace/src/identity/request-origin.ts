import type { FastifyRequest } from 'fastify';

/**
 * The address by which the caller reached this server, for links in answers: behind a port mapping the server's own idea of its address
 * would lead nowhere. An operator's https address (a proxy in front) wins, because the proxy's protocol cannot be seen from here.
 */
export function requestOrigin(request: FastifyRequest, publicUrl: string): string {
  if (publicUrl.startsWith('https://') || !/^[A-Za-z0-9.:[\]_-]{1,260}$/.test(request.host)) return publicUrl;
  return `http://${request.host}`;
}
