import type { SandboxLimits } from '@slowlane/contracts';

export type CgroupLimits = Pick<SandboxLimits, 'memoryBytes' | 'pids' | 'cpus'>;

/** The counters of one sandbox since its cgroup was made. */
export interface CgroupUsage {
  cpuMs: number;
  maxMemoryBytes: number;
  oomKills: number;
  pidsHits: number;
}

/** The cgroup of one sandbox, over however many hierarchies the host has. */
export interface Cgroup {
  /** A process that writes `0` to `cgroup.procs` of each is in. */
  readonly folders: readonly string[];
  /** Where there are no cgroups: the file in which processes are noted (`noteProgram`). */
  readonly processFile?: string;
  usage(): CgroupUsage;
  /** Starts the memory peak anew where the kernel can. */
  resetPeak(): void;
  pids(): number[];
  /** Where no kernel does it: looks at the programs until the answer is called, and tells when they have more memory than they may. */
  watch?(onMemory: () => void): () => void;
  /** Ends every process in it; returns when none is left. */
  kill(): Promise<void>;
  /** After `kill`. Harmless when it is gone. */
  remove(): Promise<void>;
}

/** All cgroups of one driver; `base` keeps two drivers on a machine apart. */
export interface CgroupTree {
  readonly version: 1 | 2 | 'none';
  make(id: string, limits: CgroupLimits): Cgroup;
  /** One that is there already, also after a restart. */
  open(id: string): Cgroup;
  list(): string[];
}
