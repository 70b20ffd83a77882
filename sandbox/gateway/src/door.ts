import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { GatewayDoor, ServedFile } from '@slowlane/contracts';
import type { Caller } from './answer.ts';
import { createTunnels, type TunnelOptions } from './tunnel.ts';
import type { Layouts } from './tree.ts';
import { closeServer, listenOn, newSocketPath } from './unix-server.ts';

const MAX_DENIED = 500;

export interface DoorOptions {
  id: string;
  registries: readonly string[];
  layouts?: Layouts;
  tunnels: Omit<TunnelOptions, 'onDenied'>;
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
  const socketPath = newSocketPath(options.socketsDir, options.id);
  const server = createServer(
    { maxHeaderSize: 16_384, headersTimeout: 30_000, keepAliveTimeout: 60_000 },
    (request, response) => {
      request.resume();
      void options.answer(caller, { request, response });
    },
  );
  const tunnels = createTunnels({ ...options.tunnels, onDenied: caller.onDenied });
  server.on('connect', tunnels.open);
  server.maxConnections = options.maxConnections;
  await listenOn(server, socketPath);
  let closing: Promise<void> | undefined;
  const end = (): Promise<void> => {
    tunnels.close();
    return closeServer(server, socketPath).finally(options.onClosed);
  };
  return {
    socketPath,
    served: () => [...served.values()],
    denied: () => [...denied],
    tunnels: tunnels.opened,
    close: () => (closing ??= end()),
  };
}
