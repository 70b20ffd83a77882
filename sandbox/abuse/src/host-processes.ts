import { readdirSync, readFileSync } from 'node:fs';

/** Processes of this machine whose command line has a word: how to find what a sandbox started without asking its driver. */
export function hostProcesses(word: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && wordsOf(name).includes(word))
    .map(Number);
}

/** Real, effective, saved and file system uid of a process, as this machine numbers them, also when this process is root of a user namespace. */
export function uidsOf(pid: number): number[] {
  try {
    const line = /^Uid:\s*(.+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
    return line
      .trim()
      .split(/\s+/)
      .map((uid) => outside(Number(uid)));
  } catch {
    return [];
  }
}

export async function untilTrue(condition: () => boolean, withinMs = 10_000): Promise<void> {
  const until = performance.now() + withinMs;
  while (!condition() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
}

function wordsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function outside(uid: number): number {
  const ranges = readFileSync('/proc/self/uid_map', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number, number]);
  const range = ranges.find(([inside, , count]) => uid >= inside && uid < inside + count);
  return range === undefined ? uid : range[1] + uid - range[0];
}
