import { existsSync, readFileSync } from 'node:fs';
import type { Context } from './context.ts';
import { livingOwner } from './ownership.ts';
import { teardown } from './teardown.ts';

/**
 * Whether a supervisor lives under this id. Where one was killed, what is left of its program is removed first, so that "no" means
 * nothing of it runs: bwrap's own tie to its parent has a gap of some milliseconds after its start.
 */
export async function isRunning(context: Context, id: string): Promise<boolean> {
  const { sandboxes } = context.paths;
  if (!/^[a-z0-9-]{1,40}$/.test(id) || !existsSync(`${sandboxes}/${id}`)) return false;
  const owner = livingOwner(sandboxes, id);
  if (owner !== undefined) return owner.isSupervisor;
  if (wasSupervised(`${sandboxes}/${id}/owner.json`)) await teardown(context, id);
  return false;
}

function wasSupervised(file: string): boolean {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { isSupervisor: boolean }).isSupervisor;
  } catch {
    return false;
  }
}
