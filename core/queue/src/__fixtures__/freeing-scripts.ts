import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scriptFolder } from '../redis/scripts.ts';

/** A copy of the scripts with a fault that somebody could write: the end of a node's lease frees the slot of the run. */
export function scriptsThatFreeAtTheEndOfALease(folder: string): string {
  cpSync(scriptFolder, folder, { recursive: true });
  const text = readFileSync(join(folder, 'reap.lua'), 'utf8');
  const line =
    "  redis.call('ZADD', key('gate:lease'), text(now() + settings.leaseMs), id)\n  trigger('submit', id, 0, true)\n";
  if (text.split(line).length !== 2) throw new Error('reap.lua has no such line');
  const frees = `
      local part = partOf(id)
      freeSlot(id, part)
      redis.call('HSET', key('part:' .. id), 'state', 'parked')
      enter(id, part.class, 0)\n`;
  const freed = text.replace(line, () => frees).replace('return #ids', 'pump(100)\nreturn #ids');
  writeFileSync(join(folder, 'reap.lua'), freed);
  return folder;
}
