import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { openCgroups } from './cgroup/open-cgroups.ts';
import { subfolders } from './cgroup/files.ts';
import type { Isolation } from './isolation.ts';
import { instanceName, makePaths } from './paths.ts';
import { mountsBelow } from './staging.ts';
import { openSlots } from './slots.ts';
import { teardown } from './teardown.ts';
import { unmount } from './work-volume.ts';

/** Removes all that a driver with this state folder has on the machine, running programs and the folder itself too. Only when no helper uses it. */
export async function removeInstance(stateDir: string, isolation: Pick<Isolation, 'discard' | 'sweep'>): Promise<void> {
  const paths = makePaths(stateDir);
  const cgroups = openCgroups(paths);
  const slots = openSlots(paths.slots, { firstUid: 0, count: 0 });
  for (const id of new Set([...readdirSync(paths.sandboxes), ...cgroups.list()]))
    await teardown({ paths, cgroups, slots, isolation }, id);
  await isolation.sweep();
  for (const mount of mountsBelow(paths.run)) await unmount(mount);
  if (mountsBelow(paths.run).length === 0) rmSync(paths.run, { recursive: true, force: true });
  for (const hierarchy of ['.', ...subfolders('/sys/fs/cgroup')]) {
    const folder = `/sys/fs/cgroup/${hierarchy}/${instanceName(paths.state)}`;
    if (existsSync(folder)) rmdirSync(folder);
  }
  rmSync(paths.state, { recursive: true, force: true });
}
