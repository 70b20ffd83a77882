import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline as connect, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type GitDoor, type Logger, SlowLaneError } from '@slowlane/contracts';
import { type Agent, request } from 'undici';
import { asSourceFailure, gitFailureOf } from './git-answer.ts';
import { respondFailure } from './respond.ts';
import { closeServer, listenOn, newSocketPath } from './unix-server.ts';

export interface GitDoorOptions {
  id: string;
  /** The repository: https, without credentials. */
  url: URL;
  agent: Agent;
  authorization: string | undefined;
  maxBytes: number;
  socketsDir: string;
  logger: Logger;
}

const path = '/repository';
/** What a fetch says: wanted and known commits; more is a way out for data. */
const MAX_REQUEST_BYTES = 1024 ** 2;

/**
 * The smart protocol of git, for reading: the advertisement and `git-upload-pack`. No other method, path or service is passed on.
 *
 * @see https://git-scm.com/docs/gitprotocol-http
 */
export async function openGitDoor(options: GitDoorOptions): Promise<GitDoor> {
  const budget: Budget = { leftBytes: options.maxBytes };
  let failure: SlowLaneError | undefined;
  const server = createServer({ maxHeaderSize: 16_384, headersTimeout: 30_000 }, (asked, response) => {
    passOn(options, budget, { asked, response }).catch((error: unknown) => {
      asked.resume();
      failure = asSourceFailure(options.url, error);
      options.logger.warn({ repository: options.url.href, reason: failure.message }, 'a git request was not answered');
      if (response.headersSent) response.destroy();
      else respondFailure(response, failure);
    });
  });
  server.maxConnections = 8;
  const socketPath = newSocketPath(options.socketsDir, options.id);
  await listenOn(server, socketPath);
  let closing: Promise<void> | undefined;
  return {
    socketPath,
    path,
    failure: () => failure,
    close: () => (closing ??= closeServer(server, socketPath)),
  };
}

interface Budget {
  leftBytes: number;
}

interface Exchange {
  asked: IncomingMessage;
  response: ServerResponse;
}

async function passOn(options: GitDoorOptions, budget: Budget, { asked, response }: Exchange): Promise<void> {
  const target = targetOf(options.url, asked);
  const startedWith = budget.leftBytes;
  const answer = await request(target, {
    dispatcher: options.agent,
    method: asked.method as 'GET' | 'POST',
    headers: headersOf(asked, options.authorization),
    body:
      asked.method === 'POST' ? connect(asked, limited(MAX_REQUEST_BYTES, 'a request of git'), () => undefined) : null,
  });
  const refused = gitFailureOf(options.url, answer, { hasCredentials: options.authorization !== undefined });
  if (refused !== undefined) {
    answer.body.on('error', () => undefined).destroy();
    throw refused;
  }
  response.writeHead(200, {
    'content-type': String(answer.headers['content-type']),
    'cache-control': 'no-cache',
    ...(answer.headers['content-encoding'] === undefined
      ? {}
      : { 'content-encoding': String(answer.headers['content-encoding']) }),
  });
  await pipeline(answer.body, counted(options.url, budget), response);
  options.logger.info(
    { repository: options.url.href, service: asked.method, bytes: startedWith - budget.leftBytes },
    'git was answered',
  );
}

/** Throws `gateway.denied`. */
function targetOf(repository: URL, asked: IncomingMessage): URL {
  const base = repository.href.replace(/\/+$/, '');
  if (asked.method === 'GET' && asked.url === `${path}/info/refs?service=git-upload-pack`)
    return new URL(`${base}/info/refs?service=git-upload-pack`);
  if (asked.method === 'POST' && asked.url === `${path}/git-upload-pack`) return new URL(`${base}/git-upload-pack`);
  throw new SlowLaneError(
    'gateway.denied',
    `${asked.method} ${JSON.stringify((asked.url ?? '').slice(0, 300))}: only the reading of ${repository.href} is passed on`,
  );
}

/** Only what the protocol needs; whatever else the sandbox sends stays here. */
function headersOf(asked: IncomingMessage, authorization: string | undefined): Record<string, string> {
  const version = asked.headers['git-protocol'];
  const encoding = asked.headers['content-encoding'];
  return {
    'user-agent': 'git/slowlane',
    ...(asked.method === 'POST'
      ? { 'content-type': 'application/x-git-upload-pack-request', accept: 'application/x-git-upload-pack-result' }
      : { accept: 'application/x-git-upload-pack-advertisement' }),
    ...(encoding === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
    ...(typeof version === 'string' && /^version=[0-9]$/.test(version) ? { 'git-protocol': version } : {}),
    ...(authorization === undefined ? {} : { authorization }),
  };
}

function limited(maxBytes: number, what: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length;
      if (bytes > maxBytes)
        callback(new SlowLaneError('source.refused', `${what} is larger than ${maxBytes} bytes and was not sent`));
      else callback(null, chunk);
    },
  });
}

function counted(url: URL, budget: Budget): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      budget.leftBytes -= chunk.length;
      if (budget.leftBytes < 0)
        callback(new SlowLaneError('source.too-large', `${url.href}: it sends more than a source may have`));
      else callback(null, chunk);
    },
  });
}
