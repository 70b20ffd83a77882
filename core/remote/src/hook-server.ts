import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { type BuildLane, failureOf, type Logger, type PipelineStore, scrub } from '@slowlane/contracts';
import { parseHookMessage } from './hook-message.ts';
import type { ImportPush } from './import-push.ts';
import { postReceive } from './post-receive.ts';
import { preReceive } from './pre-receive.ts';
import type { PushTicket, PushTickets } from './push-tickets.ts';
import type { Repositories } from './repositories.ts';
import { showFailure } from './show-failure.ts';

export interface HookDeps {
  hookSocketPath: string;
  gitPath: string;
  tickets: PushTickets;
  repositories: Repositories;
  builds: BuildLane;
  pipelines: PipelineStore;
  importPush: ImportPush;
  logger: Logger;
}

/** What a hook's work needs of its connection. */
export interface HookSession {
  ticket: PushTicket;
  /** Shows one line to the person who pushes. */
  show(line: string): void;
  /** Aborted when hook or client has gone. */
  signal: AbortSignal;
}

const maxMessageBytes = 4 * 1_048_576;
const maxLineLength = 2_000;

/** Listens for the hooks of all pushes. One connection is one hook; the answer is lines to show, then the exit code. */
export async function serveHooks(deps: HookDeps): Promise<{ close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    void serveHook(socket, deps);
  });
  await rm(deps.hookSocketPath, { force: true });
  await listen(server, deps.hookSocketPath);
  await chmod(deps.hookSocketPath, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

async function serveHook(socket: Socket, deps: HookDeps): Promise<void> {
  const message = parseHookMessage(await readFirstLine(socket));
  const ticket = message === undefined ? undefined : deps.tickets.find(message.ticket);
  if (message === undefined || ticket === undefined) {
    socket.end(tell({ show: 'This push did not come through Slow Lane.', exit: 1 }));
    return;
  }
  const closed = new AbortController();
  socket.on('close', () => closed.abort());
  socket.resume();
  const session: HookSession = {
    ticket,
    signal: AbortSignal.any([closed.signal, ticket.gone.signal]),
    show: (line) => void socket.write(tell({ show: scrub(line).slice(0, maxLineLength) })),
  };
  // The way out on Ctrl-C: git cleans up only after a hook that ends by itself.
  session.signal.addEventListener('abort', () => void socket.end(tell({ exit: 1 })), { once: true });
  const work = message.kind === 'pre-receive' ? preReceive : postReceive;
  const exit = await work(message, session, deps).catch((error: unknown) => {
    const failure = failureOf(error);
    deps.logger.warn({ failure, pipeline: ticket.pipeline }, `${message.kind} hook`);
    showFailure(session, failure);
    return 1;
  });
  if (!session.signal.aborted) socket.end(tell({ exit }));
}

function tell(message: { show?: string; exit?: number }): string {
  return `${JSON.stringify(message)}\n`;
}

function readFirstLine(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let seen = '';
    socket.setEncoding('utf8');
    const finish = (line: string): void => {
      socket.off('data', onData).off('close', onClose);
      resolve(line);
    };
    const onClose = (): void => finish('');
    const onData = (chunk: string): void => {
      seen += chunk;
      const end = seen.indexOf('\n');
      if (end >= 0) finish(seen.slice(0, end));
      else if (seen.length > maxMessageBytes) finish('');
    };
    socket.on('data', onData).on('close', onClose);
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}
