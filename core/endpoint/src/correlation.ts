import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Each call has a correlation id of ours (`cor_…`), in every answer; what is accepted carries it on. */
export function correlate(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({ 'correlation-id': request.id, 'x-content-type-options': 'nosniff' });
    done();
  });
}

/**
 * The caller's trace context, word for word, when it is well formed.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function traceparentOf(request: FastifyRequest): string | undefined {
  const header = request.headers['traceparent'];
  if (typeof header !== 'string' || !/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(header))
    return undefined;
  const [version, traceId, parentId] = header.split('-') as [string, string, string];
  return version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(parentId) ? undefined : header;
}
