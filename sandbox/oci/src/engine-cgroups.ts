import { existsSync, readdirSync, rmdirSync } from 'node:fs';

/** Name of the cgroup that the engine makes its own below; programs leave it before they run. */
export function engineCgroup(instance: string): string {
  return `${instance}-engine`;
}

/** Removes what the engine leaves there, which is empty: podman keeps a folder for its monitors. */
export function removeEngineCgroups(instance: string, mount = '/sys/fs/cgroup'): void {
  for (const hierarchy of ['.', ...readdirSync(mount)]) removeTree(`${mount}/${hierarchy}/${engineCgroup(instance)}`);
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(`${folder}/${entry.name}`);
  try {
    rmdirSync(folder);
  } catch {
    // a monitor of the engine is on its way out; the folder is empty and is used again
  }
}
