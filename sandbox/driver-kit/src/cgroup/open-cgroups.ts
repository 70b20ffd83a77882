import { instanceName } from '../paths.ts';
import type { Paths } from '../paths.ts';
import { isRootless } from '../rootless.ts';
import type { CgroupTree } from './cgroup.ts';
import { detectCgroups } from './detect.ts';
import { watchedPrograms } from './watched.ts';

/** What bounds and ends the programs of a driver: cgroups, or a watchdog where there are none to have. */
export function openCgroups(paths: Pick<Paths, 'state'>): CgroupTree {
  return isRootless() ? watchedPrograms(`${paths.state}/programs`) : detectCgroups(instanceName(paths.state));
}
