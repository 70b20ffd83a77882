import { setMaxListeners } from 'node:events';
import { newId } from '@slowlane/kit';
import Fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { createAccess } from './access.ts';
import { answerBrokenHttp, answerErrors, sendProblem } from './answer-errors.ts';
import { answerUnknown } from './answer-unknown.ts';
import { correlate } from './correlation.ts';
import { dropSilentConnections } from './drop-silent-connections.ts';
import type { EndpointDeps } from './endpoint-deps.ts';
import { serveOpenApi } from './openapi.ts';
import { parseJson } from './parse-json.ts';
import { createRateLimiter } from './rate-limiter.ts';
import { routes } from './routes.ts';
import { watchReaders } from './silent-readers.ts';
import { compileValidator } from './validate.ts';
import { verifyCaller } from './verify-caller.ts';

/**
 * A connection whose other end is lost (a cable, a machine, a NAT that forgot it) is given up by the system 10 unanswered probes, a second apart,
 * after a minute of silence. Without this an idle one, say of a follower of a quiet build, would stay for good.
 */
const keepAlive = { keepAlive: true, keepAliveInitialDelay: 60_000 };

/** Builds the REST edge, ready for `inject`; `listen` is the caller's. Closing it ends all open streams. */
export async function buildEndpoint(deps: EndpointDeps): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    bodyLimit: deps.limits.bodyBytes,
    genReqId: () => newId('cor'),
    exposeHeadRoutes: false,
    // A push lasts as long as its build; what has not sent its headers in time is dropped by Node's own headersTimeout.
    requestTimeout: 0,
    http: keepAlive,
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => void sendProblem(error, { request, reply, logger: deps.logger }),
    clientErrorHandler: answerBrokenHttp,
  });
  correlate(app);
  answerErrors(app, deps.logger);
  answerUnknown(app);
  parseJson(app);
  logAnswers(app, deps);
  dropSilentConnections(app);
  await serveOpenApi(app, deps);
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'));
  await mountRoutes(app, deps);
  if (deps.extra !== undefined) await app.register(async (scope) => deps.extra?.(scope));
  await app.ready();
  return app;
}

async function mountRoutes(app: FastifyInstance, deps: EndpointDeps): Promise<void> {
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  app.addHook('preClose', async () => closing.abort());
  const { perCaller } = deps.limits;
  const limiter = perCaller === undefined ? undefined : createRateLimiter(perCaller);
  const context = {
    deps,
    access: createAccess(verifyCaller(deps.tokens, deps.oidc), limiter),
    closing: closing.signal,
    readers: watchReaders(deps.limits.follow),
  };
  await app.register(async (scope) => {
    scope.setValidatorCompiler(compileValidator);
    scope.setSerializerCompiler(serializerCompiler);
    // Each route is a plugin of its own, so that a body parser that one needs is not there for the others.
    for (const route of routes) {
      await scope.register(async (own) => route(own.withTypeProvider<ZodTypeProvider>(), context));
    }
  });
}

function logAnswers(app: FastifyInstance, deps: EndpointDeps): void {
  app.addHook('onResponse', (request, reply, done) => {
    deps.logger.debug(
      {
        correlationId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        elapsedMs: Math.round(reply.elapsedTime),
      },
      'answered',
    );
    done();
  });
}
