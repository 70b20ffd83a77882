import type { Logger } from '@slowlane/contracts';
import type { CgroupTree } from './cgroup/cgroup.ts';
import type { FifoPool } from '@slowlane/process';
import type { Paths } from './paths.ts';
import type { SharedNets } from './shared-nets.ts';
import type { Roots } from './roots.ts';
import type { Slots } from './slots.ts';
import type { Snapshots } from './snapshots.ts';
import type { VolumeMaker } from './work-volume.ts';

/** What the parts of one driver share. */
export interface Context {
  paths: Paths;
  cgroups: CgroupTree;
  slots: Slots;
  volumes: VolumeMaker;
  snapshots: Snapshots;
  roots: Roots;
  nets: SharedNets;
  allowsHostNetwork: boolean;
  fifos: FifoPool;
  /** File with the seccomp filter. */
  filter: string;
  allowedSources: readonly string[];
  caller: { uid: number; gid: number };
  nodePath: string;
  logger: Logger;
}
