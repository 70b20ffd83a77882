import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Context } from './context.ts';

/** Ends or asks to end a sandbox's programs, by its id alone: also one that an earlier helper made. */
export async function killById(context: Context, id: string, how: 'term' | 'kill'): Promise<void> {
  const folder = `${context.paths.sandboxes}/${id}`;
  if (!/^[a-z0-9-]{1,40}$/.test(id) || !existsSync(folder)) return;
  writeFileSync(`${folder}/cancelled`, '');
  const cgroup = context.cgroups.open(id);
  if (how === 'kill') return cgroup.kill();
  for (const pid of cgroup.pids()) if (context.isolation.isAskedToEnd(idsOf(pid))) terminate(pid);
}

/** The ids of a process in each of its namespaces, this machine's first. */
function idsOf(pid: number): number[] {
  try {
    const line = /^NSpid:\s*(.+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
    return line.trim().split(/\s+/).map(Number);
  } catch {
    return [];
  }
}

function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // ended in between
  }
}
