import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '@slowlane/contracts';
import { start, type Started } from '@slowlane/process';
import { readCgiHead } from './cgi-head.ts';
import { gitEnvironment } from './git-environment.ts';

export interface BackendOptions {
  gitPath: string;
  projectRoot: string;
  maxPushBytes: number;
  /** What the hooks' wrapper needs. */
  hookEnv: Readonly<Record<string, string>>;
  logger: Logger;
}

export interface BackendCall {
  request: IncomingMessage;
  response: ServerResponse;
  /** `/<pipeline>.git/git-receive-pack` */
  pathInfo: string;
  queryString: string;
  /** Name of the token, shown in git's own records. */
  remoteUser: string;
  /** Ticket of a push. */
  ticketId?: string;
  /**
   * `keep`: the backend goes on when the client has gone, because only a hook that ends by itself leaves the repository clean; `end`: it
   * is ended.
   */
  whenGone: 'keep' | 'end';
  onGone?: () => void;
}

export interface Backend {
  /** Answers one HTTP request by `git http-backend`; returns when the program has ended. Never rejects for what client or git do. */
  handle(call: BackendCall): Promise<void>;
  close(): Promise<void>;
}

/** How long a backend may take to end after its hooks were told to, before it is killed. */
const closeMs = 5_000;

/** `git http-backend` as a CGI program. @see https://git-scm.com/docs/git-http-backend */
export function createBackend(options: BackendOptions): Backend {
  const running = new Set<Started>();
  return {
    async handle(call) {
      const program = start([options.gitPath, 'http-backend'], {
        cwd: options.projectRoot,
        env: environment(call, options),
        stdin: 'pipe',
        ownGroup: true,
      });
      running.add(program);
      try {
        await converse(program, call, options.logger);
      } finally {
        running.delete(program);
      }
    },
    async close() {
      const timer = setTimeout(() => {
        for (const program of running) program.kill('SIGKILL');
      }, closeMs);
      await Promise.all([...running].map((program) => program.ended));
      clearTimeout(timer);
    },
  };
}

async function converse(program: Started, call: BackendCall, logger: Logger): Promise<void> {
  const { request, response } = call;
  response.once('close', () => {
    if (response.writableFinished) return;
    call.onGone?.();
    if (call.whenGone === 'end') program.kill('SIGTERM');
  });
  program.stderr?.on('data', (bytes: Buffer) =>
    logger.warn({ git: bytes.toString('utf8').trim() }, 'git http-backend'),
  );
  // An end of the body before its time closes git's input, and git then gives up by itself.
  void pipeline(request, program.stdin!).catch(() => undefined);
  await answer(program, response);
  await program.ended;
}

async function answer(program: Started, response: ServerResponse): Promise<void> {
  const output = program.stdout!;
  const head = await readCgiHead(output);
  if (head === undefined) {
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
    response.end('git ended without an answer\n');
    return;
  }
  response.writeHead(head.status, head.headers);
  response.flushHeaders();
  // Piped by hand: a pipeline would close git's output when the client has gone, and git would die of it and leave its quarantine behind.
  const drain = (): void => {
    output.unpipe(response);
    output.resume();
  };
  response.once('close', drain).once('error', drain);
  if (response.destroyed) drain();
  else output.pipe(response);
}

function environment(call: BackendCall, options: BackendOptions): Record<string, string> {
  const { headers, method, socket } = call.request;
  const env: Record<string, string> = {
    ...gitEnvironment(options.gitPath, { 'receive.maxInputSize': String(options.maxPushBytes) }),
    ...options.hookEnv,
    GIT_PROJECT_ROOT: options.projectRoot,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: call.pathInfo,
    QUERY_STRING: call.queryString,
    REQUEST_METHOD: method ?? 'GET',
    REMOTE_USER: call.remoteUser,
    REMOTE_ADDR: socket.remoteAddress ?? '',
  };
  const copied = {
    CONTENT_TYPE: headers['content-type'],
    // Only when sent: above 1 MiB git sends chunks, and a made-up length would cut the body.
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    GIT_PROTOCOL: headers['git-protocol']?.toString(),
    SLOWLANE_PUSH_TICKET: call.ticketId,
  };
  for (const [name, value] of Object.entries(copied)) if (value !== undefined) env[name] = value;
  return env;
}
