import { closeSync, openSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { SlowLaneError } from '@slowlane/contracts';
import { identify } from './identity.ts';
import type { ProcessIdentity } from './identity.ts';

export interface DetachedOptions {
  cwd?: string;
  /** The whole environment; default empty. */
  env?: Readonly<Record<string, string>>;
  /** Files that its output is appended to; default: thrown away. */
  stdout?: string;
  stderr?: string;
  uid?: number;
  gid?: number;
}

/**
 * Starts a program that outlives us: session of its own, no pipe to us, output into files. Keep the identity to find it again:
 * `isAlive`, `terminate`. Throws `ground.missing` when it cannot be started.
 */
export function startDetached(argv: readonly string[], options: DetachedOptions = {}): ProcessIdentity {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('startDetached: argv is empty');
  const files = [options.stdout, options.stderr].map((path) => (path === undefined ? 'ignore' : openSync(path, 'a')));
  try {
    const child = spawn(file, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...options.env },
      stdio: ['ignore', ...files],
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
      detached: true,
    });
    child.on('error', () => undefined);
    child.unref();
    if (child.pid === undefined) throw new SlowLaneError('ground.missing', `cannot start ${file}`);
    // It may have ended already: then no later process can be taken for it either.
    return identify(child.pid) ?? { pid: child.pid, startTicks: 0 };
  } finally {
    for (const descriptor of files) if (typeof descriptor === 'number') closeSync(descriptor);
  }
}
