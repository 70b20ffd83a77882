import type {
  DriverReport,
  ReapReport,
  Sandbox,
  SandboxCommand,
  SandboxDriver,
  SandboxSpec,
} from '@slowlane/contracts';
import { openConnection } from './client-connection.ts';
import type { ClientConnection } from './client-connection.ts';
import { remoteSandbox } from './remote-sandbox.ts';

/**
 * The driver behind a helper's socket. Each sandbox has a connection of its own, which is its life: when this process ends, however
 * it ends, the helper destroys the sandbox. Calls throw `sandbox.unavailable` when the helper is gone, and `Running.done` rejects with it.
 * `kind` is the driver that the helper was started with.
 */
export function connectHelper(socketPath: string, kind: SandboxDriver['kind'] = 'bubblewrap'): SandboxDriver {
  return {
    kind,
    probe: ({ isQuick = false } = {}) =>
      once(socketPath, (connection) => connection.call<DriverReport>({ call: 'probe', isQuick })),
    create: (spec, signal) => create(socketPath, spec, signal),
    supervise: (spec: SandboxSpec, command: SandboxCommand, recordDir: string) =>
      once(socketPath, (connection) => connection.call<void>({ call: 'supervise', spec, command, recordDir })),
    kill: (id, how) => once(socketPath, (connection) => connection.call<void>({ call: 'kill', id, how })),
    isRunning: (id) => once(socketPath, (connection) => connection.call<boolean>({ call: 'isRunning', id })),
    removeFiles: (folder) => once(socketPath, (connection) => connection.call<void>({ call: 'removeFiles', folder })),
    reap: () => once(socketPath, (connection) => connection.call<ReapReport>({ call: 'reap' })),
  };
}

async function create(socketPath: string, spec: SandboxSpec, signal: AbortSignal | undefined): Promise<Sandbox> {
  signal?.throwIfAborted();
  const connection = await openConnection(socketPath);
  const abort = (): void => connection.close();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    signal?.throwIfAborted(); // it may have come while we connected
    await connection.call({ call: 'create', spec });
    return remoteSandbox(spec.id, connection);
  } catch (error) {
    connection.close();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

async function once<T>(socketPath: string, use: (connection: ClientConnection) => Promise<T>): Promise<T> {
  const connection = await openConnection(socketPath);
  try {
    return await use(connection);
  } finally {
    connection.close();
  }
}
