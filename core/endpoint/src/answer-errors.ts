import type { Socket } from 'node:net';
import type { Logger, Problem } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, slowLaneErrorOf } from './problem.ts';

/** Every failure leaves as a problem document, whoever threw it; ours are logged with the correlation id that the client gets. */
export function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((thrown, request, reply) => sendProblem(thrown, { request, reply, logger }));
}

export function sendProblem(
  thrown: unknown,
  { request, reply, logger }: { request: FastifyRequest; reply: FastifyReply; logger: Logger },
): FastifyReply {
  const { problem, headers } = problemOf(thrown, request.id);
  if (problem.status >= 500)
    logFault(logger, thrown, { problem, call: `${request.method} ${request.routeOptions.url}` });
  // What is left of an unread body cannot be told from the next call on this connection.
  if (problem.status === 413) reply.header('connection', 'close');
  return reply
    .code(problem.status)
    .headers({ ...headers, 'correlation-id': request.id, 'cache-control': 'no-store' })
    .type('application/problem+json')
    .serializer((payload: unknown) => payload as string)
    .send(JSON.stringify(problem));
}

function logFault(logger: Logger, thrown: unknown, about: { problem: Problem; call: string }): void {
  const { code, kind, message, cause } = slowLaneErrorOf(thrown);
  const fields = { correlationId: about.problem.correlationId, code, call: about.call };
  if (kind === 'temporary') return logger.warn(fields, message);
  logger.error({ ...fields, stack: cause instanceof Error ? cause.stack : undefined }, message);
}

/** Answers bytes that are no HTTP: there is no request and no reply yet, only the socket. */
export function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const correlationId = newId('cor');
  const { problem } = problemOf(
    Object.assign(new Error('the call is not valid HTTP'), { statusCode: 400 }),
    correlationId,
  );
  const body = JSON.stringify(problem);
  socket.end(
    [
      'HTTP/1.1 400 Bad Request',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `Correlation-Id: ${correlationId}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
