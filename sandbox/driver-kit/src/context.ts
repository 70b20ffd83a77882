import type { Logger } from '@slowlane/contracts';
import type { FifoPool } from '@slowlane/process';
import type { CgroupTree } from './cgroup/cgroup.ts';
import type { Isolation } from './isolation.ts';
import type { Paths } from './paths.ts';
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
  isolation: Isolation;
  allowsHostNetwork: boolean;
  fifos: FifoPool;
  allowedSources: readonly string[];
  caller: { uid: number; gid: number };
  nodePath: string;
  logger: Logger;
}
