import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import path from 'node:path';
import type { Logger, SandboxDriver } from '@slowlane/contracts';
import { serveConnection } from './serve-connection.ts';

export interface ServeOptions {
  driver: SandboxDriver;
  socketPath: string;
  /** Who may connect: the socket is 0600 and theirs. */
  owner: { uid: number; gid: number };
  logger: Logger;
}

export interface HelperServer {
  /** Takes no more connections, ends the open ones and with them their sandboxes. Supervised programs go on. */
  close(): Promise<void>;
}

/** Offers a driver on a Unix socket. The only thing that is read from it are calls of `schema.ts`. */
export async function serveHelper(options: ServeOptions): Promise<HelperServer> {
  const open = new Map<Socket, Promise<void>>();
  const server = createServer((socket) => {
    const served = serveConnection(socket, options);
    open.set(socket, served);
    void served.finally(() => open.delete(socket));
  });
  mkdirSync(path.dirname(options.socketPath), { recursive: true });
  rmSync(options.socketPath, { force: true });
  await listen(server, options.socketPath);
  chownSync(options.socketPath, options.owner.uid, options.owner.gid);
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open.keys()) socket.destroy();
      await Promise.allSettled(open.values());
      await closed;
      rmSync(options.socketPath, { force: true });
    },
  };
}

async function listen(server: ReturnType<typeof createServer>, socketPath: string): Promise<void> {
  // The mode is right from the first moment: the socket is made under this mask.
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
  } finally {
    process.umask(before);
  }
  chmodSync(socketPath, 0o600);
}
