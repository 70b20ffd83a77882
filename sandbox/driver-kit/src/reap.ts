import { readdirSync, rmSync } from 'node:fs';
import type { ReapReport } from '@slowlane/contracts';
import type { Context } from './context.ts';
import { must } from './must.ts';
import { livingOwner } from './ownership.ts';
import { teardown } from './teardown.ts';

const ownFolders = ['etc', 'staged', 'fifos'];

/** Removes what sandboxes without a living owner left: whatever names an id, be it a folder, a cgroup, mounts or a taken uid. */
export async function reap(context: Context): Promise<ReapReport> {
  const report: ReapReport = { processes: 0, mounts: 0, cgroups: 0, folders: 0 };
  for (const id of knownIds(context)) {
    if (livingOwner(context.paths.sandboxes, id) !== undefined) continue;
    const removed = await teardown(context, id);
    context.logger.info({ sandbox: id, ...removed }, 'removed what a sandbox had left');
    for (const kind of ['processes', 'mounts', 'cgroups', 'folders'] as const) report[kind] += removed[kind];
  }
  for (const name of readdirSync(context.paths.trash))
    rmSync(`${context.paths.trash}/${name}`, { recursive: true, force: true });
  if (context.cgroups.version !== 'none') await detachLoops(context.paths.state);
  report.processes += await context.isolation.sweep();
  return report;
}

function knownIds(context: Context): Set<string> {
  const { paths, cgroups, slots } = context;
  const names = [
    ...readdirSync(paths.sandboxes),
    ...readdirSync(paths.run).filter((name) => !ownFolders.includes(name)),
    ...cgroups.list(),
    ...slots.taken().map((slot) => slot.id),
  ];
  return new Set(names.filter((name) => name !== ''));
}

/** A loop device frees itself with its last mount; one whose mount never came to be does not. */
async function detachLoops(state: string): Promise<void> {
  const listed = await must(['/usr/sbin/losetup', '--list', '--noheadings', '--output', 'NAME,AUTOCLEAR,BACK-FILE']);
  for (const line of listed.split('\n')) {
    const [name, autoclear, file] = line.trim().split(/\s+/);
    if (name !== undefined && autoclear === '0' && file?.startsWith(`${state}/`))
      await must(['/usr/sbin/losetup', '--detach', name]);
  }
}
