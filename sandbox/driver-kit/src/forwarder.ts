import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SlowLaneError } from '@slowlane/contracts';
import { start } from '@slowlane/process';
import { isRootless } from './rootless.ts';

export interface ForwarderOptions {
  /** A process in the network namespace to join. */
  initPid: number;
  socketPath: string;
  nodePath: string;
  /** Who may open the socket; the forwarder runs as them, not as root. */
  caller: { uid: number; gid: number };
}

/**
 * Makes 127.0.0.1:3128 of a sandbox's network namespace lead to a Unix socket of this machine. Nothing of ours runs inside and the
 * socket is not mounted there: a process of ours joins only that namespace. Returns, when it listens, what ends it.
 */
export async function startForwarder(options: ForwarderOptions): Promise<{ stop(): void }> {
  const main = fileURLToPath(new URL('./forwarder-main.ts', import.meta.url));
  const child = start([
    ...['/usr/bin/nsenter', `--net=/proc/${options.initPid}/ns/net`, '--'],
    ...['/usr/bin/setpriv', ...becoming(options.caller)],
    ...['--pdeathsig', 'KILL', '--', options.nodePath, main, options.socketPath],
  ]);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  const isReady = await Promise.race([
    once(child.stdout as NodeJS.EventEmitter, 'data').then(() => true),
    child.exited.then(() => false),
  ]);
  if (!isReady) throw new SlowLaneError('sandbox.failed', `the way to the gateway did not open: ${said.trim()}`);
  return { stop: () => void child.kill('SIGKILL') };
}

/** Arguments of setpriv. Without root's rights one can be nobody else. */
export function becoming({ uid, gid }: { uid: number; gid: number }): string[] {
  return isRootless() ? [] : ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
}
