import type { SandboxDriver } from '@slowlane/contracts';
import { createDriver, removeInstance as remove } from '@slowlane/driver-kit';
import type { DriverOptions } from '@slowlane/driver-kit';
import { bubblewrapIsolation } from './isolation.ts';
import { makePaths } from '@slowlane/driver-kit';
import { probe } from './probe.ts';

export type BubblewrapOptions = DriverOptions;

/**
 * The driver of tier full. Throws `ground.missing` when a tool of the machine is missing, `sandbox.failed` when the machine or this process
 * does not allow a tight sandbox.
 */
export function createBubblewrapDriver(options: BubblewrapOptions): Promise<SandboxDriver> {
  return createDriver(options, {
    kind: 'bubblewrap',
    tools: ['/usr/bin/bwrap', '/usr/bin/setpriv', '/usr/bin/nsenter', '/usr/sbin/mkfs.ext4', '/usr/bin/python3'],
    isolation: bubblewrapIsolation,
    probe,
  });
}

/** Removes all that a driver with this state folder has on the machine, running programs and the folder itself too. Only when no helper uses it. */
export async function removeInstance(stateDir: string): Promise<void> {
  await remove(stateDir, bubblewrapIsolation(makePaths(stateDir)));
}
