import { readText } from './files.ts';

/** What the processes of a sandbox have and had, at one moment. */
export interface Sample {
  memoryBytes: number;
  threads: number;
  cpuMs: number;
}

const ticksPerSecond = 100; // USER_HZ, the same on every Linux that we run on

/** Pages that two processes share count for both: the sum is never too low. */
export function sampleOf(pids: readonly number[]): Sample {
  const sum: Sample = { memoryBytes: 0, threads: 0, cpuMs: 0 };
  for (const pid of pids) {
    const status = readText(`/proc/${pid}`, 'status');
    sum.memoryBytes += (field(status, 'RssAnon') + field(status, 'RssShmem')) * 1_024;
    sum.threads += field(status, 'Threads');
    sum.cpuMs += cpuMsOf(readText(`/proc/${pid}`, 'stat'));
  }
  return sum;
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}

/** Its own, and that of the children it has waited for. */
function cpuMsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).map(Number).filter(Number.isFinite);
  return (ticks.reduce((sum, one) => sum + one, 0) * 1_000) / ticksPerSecond;
}
