import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkspaceUpOptions } from '@slowlane/cli';
import { SlowLaneError } from '@slowlane/contracts';
import { type Installation, thisInstallation } from '../processes/installation.ts';
import { localWorkspace } from '../processes/local-workspace.ts';
import { findProcess } from '../processes/process-record.ts';
import { startAll, stopAll } from '../processes/up.ts';

interface Means {
  ground: (installation: Installation, yes: boolean) => Promise<void>;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Helper and workspace alone, until Ctrl-C. Runs go on under their supervisors, as after `down`. */
export async function workspaceUp(
  options: WorkspaceUpOptions,
  { ground, say, signal }: Means,
): Promise<{ url: string; master: string; ended: string[] }> {
  const installation = withPort(thisInstallation(), options.port);
  assertNothingRuns(installation);
  const { master, volumes } = options;
  if (master !== undefined) checkMaster(master, say);
  await ground(installation, options.yes);
  let url = '';
  let ended: string[] = [];
  try {
    await startAll(installation, say, { master, volumes: volumes === undefined ? undefined : await realpath(volumes) });
    const { host, token } = localWorkspace(installation);
    url = host;
    say(
      `the local workspace answers; Ctrl-C ends it\nexport DATABRICKS_HOST=${host}\nexport DATABRICKS_TOKEN=${token}`,
    );
    while (!signal.aborted && lives(installation)) await pause(200);
  } finally {
    say('ending ...');
    ended = await stopAll(installation, { runs: false });
  }
  return { url, master: master ?? 'its own clusters', ended };
}

/** False once `down` has ended it; throws when it ended by itself. */
function lives({ paths }: Installation): boolean {
  if (findProcess(paths.run, 'workspace') !== undefined) return true;
  if (!existsSync(join(paths.run, 'workspace.json'))) return false;
  throw new SlowLaneError('cli.not-running', 'the local workspace ended by itself', {
    hint: `See ${join(paths.logs, 'workspace.log')}`,
  });
}

function withPort(installation: Installation, port: number | undefined): Installation {
  const local = installation.config.workspaces['local'];
  if (port === undefined || local?.kind !== 'local') return installation;
  const workspaces = { ...installation.config.workspaces, local: { ...local, port } };
  return { ...installation, config: { ...installation.config, workspaces } };
}

/** What runs already was started with other settings, and would keep them. */
function assertNothingRuns({ paths }: Installation): void {
  const running = (['helper', 'workspace'] as const).filter((name) => findProcess(paths.run, name) !== undefined);
  if (running.length === 0) return;
  throw new SlowLaneError('cli.usage', `${running.join(' and ')} of this installation run already`, {
    hint: 'Run: ./slowlane down, or set SLOWLANE_HOME to another folder',
  });
}

function checkMaster(master: string, say: (line: string) => void): void {
  if (!/^(?:spark:\/\/|k8s:\/\/|yarn$|local(?:\[|$))\S*$/.test(master))
    throw new SlowLaneError('cli.usage', `--master ${master} is not the address of a Spark master`, {
      hint: 'Give it as spark://host:port',
    });
  say(`runs go to ${master}, and their drivers use this machine's network`);
  if (!master.startsWith('spark://')) say('masters of this kind are passed on to Spark; they were not run by us');
}
