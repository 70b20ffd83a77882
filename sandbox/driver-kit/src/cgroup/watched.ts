import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { SlowLaneError } from '@slowlane/contracts';
import type { Cgroup, CgroupLimits, CgroupTree, CgroupUsage } from './cgroup.ts';
import { readText, subfolders } from './files.ts';
import { membersOf, programsOf } from './program-list.ts';
import { sampleOf } from './sample.ts';

const lookMs = 50;

/**
 * In place of cgroups where nobody may make any: a sandbox's programs are known by their process ids, and a watchdog looks at them twenty times a
 * second. Memory beyond the limit ends the program at the next look; processes have a wall of their own (`RLIMIT_NPROC` inside); processor time is
 * only counted.
 */
export function watchedPrograms(folder: string): CgroupTree {
  const open = (id: string, limits?: CgroupLimits): Cgroup => openWatched(`${folder}/${id}`, limits);
  return {
    version: 'none',
    make: (id, limits) => {
      mkdirSync(`${folder}/${id}`, { recursive: true, mode: 0o700 });
      writeFileSync(`${folder}/${id}/limits.json`, JSON.stringify(limits));
      return open(id, limits);
    },
    open,
    list: () => subfolders(folder),
  };
}

function openWatched(folder: string, given: CgroupLimits | undefined): Cgroup {
  const processFile = `${folder}/processes`;
  const usage: CgroupUsage = { cpuMs: 0, maxMemoryBytes: 0, oomKills: 0, pidsHits: 0 };
  let isOver = false;
  const look = (limits: CgroupLimits): boolean => {
    const sample = sampleOf(membersOf(programsOf(processFile)));
    usage.cpuMs = Math.max(usage.cpuMs, Math.round(sample.cpuMs));
    usage.maxMemoryBytes = Math.max(usage.maxMemoryBytes, sample.memoryBytes);
    if (sample.threads >= limits.pids) usage.pidsHits += 1;
    if (sample.memoryBytes > limits.memoryBytes && !isOver) usage.oomKills += 1;
    isOver = sample.memoryBytes > limits.memoryBytes;
    return isOver;
  };
  return {
    folders: existsSync(folder) ? [folder] : [],
    processFile,
    usage: () => ({ ...usage }),
    resetPeak: () => void (usage.maxMemoryBytes = 0),
    watch: (onMemory) => {
      const limits = given ?? (JSON.parse(readText(folder, 'limits.json')) as CgroupLimits);
      const timer = setInterval(() => look(limits) && onMemory(), lookMs);
      return () => clearInterval(timer);
    },
    pids: () => membersOf(programsOf(processFile)),
    kill: () => killPrograms(processFile),
    remove: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
  };
}

/** With pid 1 of a namespace all of it ends, and it is gone only when they are. */
async function killPrograms(processFile: string): Promise<void> {
  for (let round = 0; round < 2_000; round++) {
    const programs = programsOf(processFile);
    if (programs.length === 0) return;
    // Children first: what starts pid 1 reports its end.
    for (const { pid } of [...programs].reverse()) end(pid);
    await pause(round < 20 ? 1 : 10);
  }
  throw new SlowLaneError('sandbox.failed', `programs of ${processFile} do not end`);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended in between
  }
}
