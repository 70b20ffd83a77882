import { errorCodes, failureOf, Name, SlowLaneError } from '@slowlane/contracts';
import type { BuildLane, Logger, PipelineStore, TokenStore } from '@slowlane/contracts';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { authorize, type GitAccess } from './authorize.ts';
import type { Backend } from './backend.ts';
import { builtBranch } from './built-branch.ts';
import type { PushTickets } from './push-tickets.ts';
import type { Repositories } from './repositories.ts';

export interface GitRouteDeps {
  backend: Backend;
  repositories: Repositories;
  tickets: PushTickets;
  tokens: TokenStore;
  builds: BuildLane;
  pipelines: PipelineStore;
  logger: Logger;
}

interface GitRequest {
  Params: { repository: string };
  Querystring: { service?: string };
}

/** The three calls of git's smart HTTP protocol. @see https://git-scm.com/docs/http-protocol */
export function createGitRoutes(deps: GitRouteDeps): FastifyPluginCallback {
  return (instance, _options, done) => {
    // Bodies go to git as they come: unread, chunked or gzipped.
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    // A server closes when its last answer has ended, and a push is answered when its build has.
    instance.addHook('preClose', (closed) => {
      deps.tickets.abortAll();
      closed();
    });
    instance.setErrorHandler((error, _request, reply) => sendFailure(reply, error));
    if (instance.server.requestTimeout !== 0) {
      deps.logger.warn(
        { requestTimeout: instance.server.requestTimeout },
        'long pushes will be cut: requestTimeout is not 0',
      );
    }
    instance.get<GitRequest>('/git/:repository/info/refs', (request, reply) => {
      const service = request.query.service;
      if (service === 'git-upload-pack') return serve(deps, { request, reply, access: 'fetch', call: 'info/refs' });
      if (service === 'git-receive-pack') return serve(deps, { request, reply, access: 'push', call: 'info/refs' });
      throw new SlowLaneError('request.invalid', 'only git over smart HTTP is served', {
        hint: 'Use git 2.31 or newer.',
      });
    });
    instance.post<GitRequest>('/git/:repository/git-upload-pack', (request, reply) =>
      serve(deps, { request, reply, access: 'fetch', call: 'git-upload-pack' }),
    );
    instance.post<GitRequest>('/git/:repository/git-receive-pack', (request, reply) =>
      serve(deps, { request, reply, access: 'push', call: 'git-receive-pack' }),
    );
    done();
  };
}

interface Served {
  request: FastifyRequest<GitRequest>;
  reply: FastifyReply;
  access: GitAccess;
  call: 'info/refs' | 'git-upload-pack' | 'git-receive-pack';
}

async function serve(deps: GitRouteDeps, { request, reply, access, call }: Served): Promise<FastifyReply> {
  const pipeline = pipelineOf(request.params.repository);
  const token = await authorize(deps.tokens, request.headers.authorization, { access, pipeline });
  if (access === 'push') await deps.repositories.ensure(pipeline, await builtBranch(deps.pipelines, pipeline));
  else if (!(await deps.repositories.exists(pipeline))) {
    throw new SlowLaneError('pipeline.not-found', `nothing was pushed to ${pipeline} yet`, {
      hint: 'Push its source first.',
    });
  }

  reply.hijack();
  request.raw.setTimeout(0);
  const ticket = call === 'git-receive-pack' ? deps.tickets.issue(pipeline, token.name) : undefined;
  try {
    await deps.backend.handle({
      request: request.raw,
      response: reply.raw,
      pathInfo: `/${pipeline}.git/${call}`,
      queryString: call === 'info/refs' ? `service=${access === 'push' ? 'git-receive-pack' : 'git-upload-pack'}` : '',
      remoteUser: token.name,
      whenGone: ticket === undefined ? 'end' : 'keep',
      ...(ticket === undefined ? {} : { ticketId: ticket.id, onGone: () => ticket.gone.abort() }),
    });
  } catch (error) {
    deps.logger.error({ failure: failureOf(error) }, 'git http-backend could not be run');
    if (!reply.raw.headersSent) reply.raw.writeHead(500);
    reply.raw.end();
  } finally {
    if (ticket !== undefined) {
      deps.tickets.end(ticket);
      // git has ended: had it taken the push, the post-receive hook would have said so, and the first answer counts.
      if (ticket.buildId !== undefined)
        await deps.builds.confirmPush(ticket.buildId, 'aborted').catch(logged(deps.logger));
    }
  }
  return reply;
}

function pipelineOf(repository: string): string {
  const name = repository.endsWith('.git') ? repository.slice(0, -4) : '';
  if (Name.safeParse(name).success) return name;
  throw new SlowLaneError('route.not-found', `"${repository}" is no repository`, {
    hint: 'The address of a pipeline is /git/<pipeline>.git, its name in lower case.',
  });
}

/** git shows a body to the user (as `remote:` lines) when it is plain text. */
function sendFailure(reply: FastifyReply, error: unknown): void {
  const failure = failureOf(error);
  const { status } = errorCodes[failure.code];
  if (status === 401) reply.header('www-authenticate', 'Basic realm="Slow Lane", charset="UTF-8"');
  const message = failure.kind === 'platform' && status >= 500 ? errorCodes[failure.code].summary : failure.message;
  void reply.status(status).type('text/plain; charset=utf-8').send(`${failure.code}: ${message}\n${failure.hint}\n`);
}

function logged(logger: Logger): (error: unknown) => void {
  return (error) =>
    logger.warn(
      { failure: failureOf(error) },
      'the end of a push could not be stored; it is settled at the next start',
    );
}
