import { readFileSync } from 'node:fs';
import type { StatusView } from '@slowlane/cli';
import type { Installation } from '../processes/installation.ts';
import { findProcess } from '../processes/process-record.ts';

/** Which processes of the installation run, what they hold in memory, and what the service says of itself. */
export async function statusOf({ paths, url }: Installation): Promise<StatusView> {
  const processes = (['helper', 'redis', 'workspace', 'service'] as const).map((name) => {
    const identity = findProcess(paths.run, name);
    return {
      name,
      running: identity !== undefined,
      pid: identity?.pid,
      memoryBytes: identity === undefined ? undefined : residentBytes(identity.pid),
    };
  });
  return { url, processes, health: await healthOf(url) };
}

/** What the running service says of itself and its workspaces; `undefined` while it does not run. */
export async function runningHealth({ paths, url }: Installation): Promise<Record<string, string> | undefined> {
  return findProcess(paths.run, 'service') === undefined ? undefined : healthOf(url);
}

async function healthOf(url: string): Promise<Record<string, string>> {
  try {
    const response = await fetch(`${url}/v1/health`, { signal: AbortSignal.timeout(2_000) });
    return ((await response.json()) as { checks: Record<string, string> }).checks;
  } catch {
    return { service: 'failed' };
  }
}

/** Resident set: field 2 of /proc/PID/statm, in pages of 4 KiB. */
function residentBytes(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4_096;
  } catch {
    return undefined;
  }
}
