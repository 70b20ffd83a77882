import { join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import type { Installation } from './installation.ts';
import { keptSecret } from './kept-secret.ts';
import { findProcess } from './process-record.ts';

/** Where the local workspace answers, and its one token. */
export function localWorkspace({ config, paths }: Installation): { host: string; token: string } {
  const local = config.workspaces['local'];
  if (local?.kind !== 'local') throw new SlowLaneError('config.invalid', 'slowlane.yaml names no local workspace');
  // One that runs may have been given another port: `workspace up --port`.
  const port = findProcess(paths.run, 'workspace')?.port ?? local.port;
  return { host: `http://127.0.0.1:${port}`, token: keptSecret(join(paths.keys, 'workspace-token'), 'dapi') };
}
