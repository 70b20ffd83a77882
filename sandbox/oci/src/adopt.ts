import { readFileSync, writeFileSync } from 'node:fs';
import { SlowLaneError } from '@slowlane/contracts';

/**
 * Moves the processes of a container that waits at its gate from the engine's cgroup into the sandbox's: the engine's goes with the container, and with
 * it every counter that tells why a program ended. Throws `sandbox.failed`: nothing runs without its limits.
 */
export function adopt(pid: number, folders: readonly string[]): void {
  try {
    const before = cgroupOf(pid);
    // The first one first: what it starts from here on is in already.
    join(pid, folders);
    for (const other of pidsIn(before)) join(other, folders);
  } catch (cause) {
    throw new SlowLaneError('sandbox.failed', `a container could not be put under its limits: ${String(cause)}`, {
      cause,
    });
  }
}

function join(pid: number, folders: readonly string[]): void {
  for (const folder of folders) writeFileSync(`${folder}/cgroup.procs`, String(pid));
}

/** The folder of its cgroup with processes counted, or of the only one on v2. */
function cgroupOf(pid: number): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const v1 = lines.find((line) => line.split(':')[1] === 'pids');
  const place = (line: string): string => line.split(':').slice(2).join(':');
  if (v1 !== undefined) return `/sys/fs/cgroup/pids${place(v1)}`;
  return `/sys/fs/cgroup${place(lines.find((line) => line.startsWith('0::')) ?? '0::/')}`;
}

function pidsIn(folder: string): number[] {
  return readFileSync(`${folder}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number);
}
