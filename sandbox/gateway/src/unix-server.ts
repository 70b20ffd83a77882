import { createHash, randomUUID } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';

/** Longest path of a Unix socket on Linux: 108 bytes with the zero at its end. */
const MAX_SOCKET_PATH_BYTES = 107;

/** Short, and another one each time: a door that is opened again for one build must not meet the old one's clients. */
export function newSocketPath(socketsDir: string, id: string): string {
  const name = createHash('sha256').update(`${id} ${randomUUID()}`).digest('hex').slice(0, 16);
  const path = join(socketsDir, `${name}.sock`);
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

/** Only the owner may connect: the socket is the caller's identity. */
export async function listenOn(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  await chmod(path, 0o600);
}

export async function closeServer(server: Server, path: string): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
  await rm(path, { force: true });
}
