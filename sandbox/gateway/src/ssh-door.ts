import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type LookupFunction, type Server, type Socket } from 'node:net';
import { type GitDoor, type Logger, SlowLaneError } from '@slowlane/contracts';
import { asSourceFailure } from './git-answer.ts';
import type { GitKey } from './git-credentials.ts';
import { newSocketPath } from './unix-server.ts';

export interface SshDoorOptions {
  id: string;
  /** The repository: `ssh://user@host[:port]/path`. */
  url: URL;
  key: GitKey;
  /** Gives public addresses only; `undefined`: the operator named the host, whatever its address is. */
  lookup: LookupFunction | undefined;
  connectTimeoutMs: number;
  maxBytes: number;
  socketsDir: string;
  logger: Logger;
}

/** Keys, signatures, wanted commits; more is a way out for data. */
const MAX_UP_BYTES = 2 * 1024 ** 2;
const MAX_CONNECTIONS = 4;
const DEFAULT_PORT = 22;

/**
 * A wire to the ssh server of one repository: what it carries is encrypted between the client in the sandbox and a server whose key is known, so all
 * that is bounded here is where it leads, how many bytes pass, and how often.
 */
export async function openSshDoor(options: SshDoorOptions): Promise<GitDoor> {
  const { url, key } = options;
  const budget: Budget = { down: options.maxBytes, up: MAX_UP_BYTES };
  const open = new Set<Socket>();
  let failure: SlowLaneError | undefined;
  const server = createServer((inner) => {
    const outer = dial(options);
    for (const socket of [inner, outer]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    const fail = (error: Error): void => {
      failure ??= asSourceFailure(url, error);
      options.logger.warn({ repository: url.href, reason: failure.message }, 'an ssh connection of git was cut');
      inner.destroy();
      outer.destroy();
    };
    outer.on('error', fail);
    inner.on('error', () => outer.destroy());
    carry(inner, outer, () => spend(url, budget, fail));
  });
  server.maxConnections = MAX_CONNECTIONS;
  const socketPath = newSocketPath(options.socketsDir, options.id);
  await listen(server, socketPath);
  let closing: Promise<void> | undefined;
  return {
    socketPath,
    path: url.pathname,
    ssh: { user: url.username, privateKey: key.privateKey, hostKeys: key.hostKeys },
    failure: () => failure,
    close: () => (closing ??= close(server, open, socketPath)),
  };
}

interface Budget {
  down: number;
  up: number;
}

function dial({ url, lookup, connectTimeoutMs }: SshDoorOptions): Socket {
  const outer = connect({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || DEFAULT_PORT,
    ...(lookup === undefined ? {} : { lookup }),
  });
  const slow = setTimeout(
    () => outer.destroy(new Error(`no connection within ${connectTimeoutMs} ms`)),
    connectTimeoutMs,
  );
  outer.once('connect', () => clearTimeout(slow)).once('close', () => clearTimeout(slow));
  return outer;
}

function carry(inner: Socket, outer: Socket, spender: () => (way: keyof Budget, bytes: number) => void): void {
  const spent = spender();
  inner.on('data', (chunk: Buffer) => spent('up', chunk.length));
  outer.on('data', (chunk: Buffer) => spent('down', chunk.length));
  inner.pipe(outer).pipe(inner);
  // After an end in order the client still has bytes to come, which the pipe brings it.
  outer.once('close', () => outer.readableEnded || inner.destroy());
  inner.once('close', () => outer.destroy());
}

function spend(url: URL, budget: Budget, fail: (error: Error) => void): (way: keyof Budget, bytes: number) => void {
  return (way, bytes) => {
    budget[way] -= bytes;
    if (budget[way] >= 0) return;
    fail(
      way === 'down'
        ? new SlowLaneError('source.too-large', `${url.href}: it sends more than a source may have`)
        : new SlowLaneError('source.refused', `${url.href}: git sent more than ${MAX_UP_BYTES} bytes and was cut off`),
    );
  };
}

/** Only the owner may connect: the socket is the caller's identity. */
async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  await chmod(path, 0o600);
}

async function close(server: Server, open: ReadonlySet<Socket>, path: string): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of open) socket.destroy();
  await closed;
  await rm(path, { force: true });
}
