import { existsSync } from 'node:fs';
import type { Cgroup, CgroupLimits, CgroupTree } from './cgroup.ts';
import {
  killEverything,
  makeFolder,
  readField,
  readNumber,
  readPids,
  removeFolders,
  subfolders,
  writeLimit,
  writeOptional,
} from './files.ts';

const controllers = ['memory', 'pids', 'cpu', 'cpuacct'] as const;

/** cgroup v1 and hybrid hosts: one folder per controller, and one in the v2 tree `unified`, where there is one, for `cgroup.kill`. */
export function cgroupV1(mount: string, base: string): CgroupTree {
  const roots = [...controllers, ...(existsSync(`${mount}/unified`) ? ['unified'] : [])].map(
    (controller) => `${mount}/${controller}/${base}`,
  );
  const open = (id: string): Cgroup => openV1(roots.map((root) => `${root}/${id}`));
  return {
    version: 1,
    make: (id, limits) => {
      const folders = roots.map((root) => `${root}/${id}`);
      folders.forEach(makeFolder);
      setLimits(folders, limits);
      return open(id);
    },
    open,
    list: () => [...new Set(roots.flatMap(subfolders))],
  };
}

function setLimits(folders: readonly string[], limits: CgroupLimits): void {
  const [memory, pids, cpu] = folders as [string, string, string];
  writeLimit(memory, 'memory.limit_in_bytes', limits.memoryBytes);
  // Without this a sandbox could go on in swap; the file is absent where the kernel does not account swap.
  writeOptional(memory, 'memory.memsw.limit_in_bytes', limits.memoryBytes);
  writeLimit(pids, 'pids.max', limits.pids);
  writeLimit(cpu, 'cpu.cfs_period_us', 100_000);
  writeLimit(cpu, 'cpu.cfs_quota_us', Math.max(1_000, Math.round(limits.cpus * 100_000)));
}

function openV1(folders: readonly string[]): Cgroup {
  const [memory, pids, , cpuacct] = folders as [string, string, string, string];
  return {
    folders,
    usage: () => ({
      cpuMs: Math.round(readNumber(cpuacct, 'cpuacct.usage') / 1e6),
      maxMemoryBytes: readNumber(memory, 'memory.max_usage_in_bytes'),
      oomKills: readField(memory, 'memory.oom_control', 'oom_kill'),
      pidsHits: readField(pids, 'pids.events', 'max'),
    }),
    resetPeak: () => writeOptional(memory, 'memory.max_usage_in_bytes', 0),
    pids: () => readPids(folders),
    kill: () => killEverything([...folders].reverse()),
    remove: () => removeFolders(folders),
  };
}
