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

const controllers = '+memory +pids +cpu';

/** Pure cgroup v2. NOT RUN HERE: the development machine is a hybrid host; `probe` decides on such a host. */
export function cgroupV2(mount: string, base: string): CgroupTree {
  const root = `${mount}/${base}`;
  const open = (id: string): Cgroup => openV2(`${root}/${id}`);
  return {
    version: 2,
    make: (id, limits) => {
      makeFolder(root);
      writeLimit(mount, 'cgroup.subtree_control', controllers);
      writeLimit(root, 'cgroup.subtree_control', controllers);
      makeFolder(`${root}/${id}`);
      setLimits(`${root}/${id}`, limits);
      return open(id);
    },
    open,
    list: () => subfolders(root),
  };
}

function setLimits(folder: string, limits: CgroupLimits): void {
  writeLimit(folder, 'memory.max', limits.memoryBytes);
  writeOptional(folder, 'memory.swap.max', 0);
  writeLimit(folder, 'pids.max', limits.pids);
  writeLimit(folder, 'cpu.max', `${Math.max(1_000, Math.round(limits.cpus * 100_000))} 100000`);
}

function openV2(folder: string): Cgroup {
  return {
    folders: [folder],
    usage: () => ({
      cpuMs: Math.round(readField(folder, 'cpu.stat', 'usage_usec') / 1e3),
      maxMemoryBytes: readNumber(folder, 'memory.peak'),
      oomKills: readField(folder, 'memory.events', 'oom_kill'),
      pidsHits: readField(folder, 'pids.events', 'max'),
    }),
    // `memory.peak` restarts per open file only: the peak of the sandbox is the best there is.
    resetPeak: () => undefined,
    pids: () => readPids([folder]),
    kill: () => killEverything([folder]),
    remove: () => removeFolders([folder]),
  };
}
