import { existsSync, readFileSync } from 'node:fs';
import { SlowLaneError } from '@slowlane/contracts';
import type { CgroupTree } from './cgroup.ts';
import { cgroupV1 } from './v1.ts';
import { cgroupV2 } from './v2.ts';

/** The hierarchy that can hold limits on this machine. Throws `sandbox.failed` where there is none. */
export function detectCgroups(base: string, mount = '/sys/fs/cgroup'): CgroupTree {
  if (existsSync(`${mount}/memory`) && existsSync(`${mount}/pids`)) return cgroupV1(mount, base);
  if (hasControllers(mount)) return cgroupV2(mount, base);
  throw new SlowLaneError('sandbox.failed', `no cgroup hierarchy with memory and pids below ${mount}`, {
    hint: 'Mount cgroup v2 (or v1 with memory, pids, cpu and cpuacct), or delegate a subtree to the helper.',
  });
}

function hasControllers(mount: string): boolean {
  if (!existsSync(`${mount}/cgroup.controllers`)) return false;
  const names = readFileSync(`${mount}/cgroup.controllers`, 'utf8').trim().split(' ');
  return ['memory', 'pids', 'cpu'].every((name) => names.includes(name));
}
