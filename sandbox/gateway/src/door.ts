import { createHash, randomUUID } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type GatewayDoor, type ServedFile, SlowLaneError } from '@slowlane/contracts';
import type { Caller } from './answer.ts';
import type { Layouts } from './tree.ts';

/** Longest path of a Unix socket on Linux: 108 bytes with the zero at its end. */
const MAX_SOCKET_PATH_BYTES = 107;
const MAX_DENIED = 500;

export interface DoorOptions {
  id: string;
  registries: readonly string[];
  layouts?: Layouts;
  socketsDir: string;
  maxConnections: number;
  answer(caller: Caller, exchange: { request: IncomingMessage; response: ServerResponse }): Promise<void>;
  onClosed(): void;
}

/** One Unix socket: whoever can connect to it is the build it was opened for. */
export async function openDoor(options: DoorOptions): Promise<GatewayDoor> {
  const served = new Map<string, ServedFile>();
  const denied: { path: string; reason: string }[] = [];
  const caller: Caller = {
    registries: options.registries,
    mountPath: '',
    ...(options.layouts === undefined ? {} : { layouts: options.layouts }),
    onServed: (file) => void served.set(file.path, file),
    onDenied: (path, reason) => void (denied.length < MAX_DENIED && denied.push({ path, reason })),
  };
  const socketPath = socketPathOf(options);
  const server = createServer(
    { maxHeaderSize: 16_384, headersTimeout: 30_000, keepAliveTimeout: 60_000 },
    (request, response) => {
      request.resume();
      void options.answer(caller, { request, response });
    },
  );
  server.maxConnections = options.maxConnections;
  await listen(server, socketPath);
  let closing: Promise<void> | undefined;
  return {
    socketPath,
    served: () => [...served.values()],
    denied: () => [...denied],
    close: () => (closing ??= close(server, socketPath).finally(options.onClosed)),
  };
}

/** Short, and another one each time: a door that is opened again for one build must not meet the old one's clients. */
function socketPathOf(options: DoorOptions): string {
  const name = createHash('sha256').update(`${options.id} ${randomUUID()}`).digest('hex').slice(0, 16);
  const path = join(options.socketsDir, `${name}.sock`);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new SlowLaneError(
      'config.invalid',
      `${path}: longer than the ${MAX_SOCKET_PATH_BYTES} bytes of a Unix socket path`,
      {
        hint: 'Set SLOWLANE_HOME to a shorter path.',
      },
    );
  }
  return path;
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  await chmod(path, 0o600);
}

async function close(server: Server, path: string): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
  await rm(path, { force: true });
}
