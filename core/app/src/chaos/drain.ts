import { setTimeout as pause } from 'node:timers/promises';
import { clustersAlive, type StreamRecord } from './record.ts';
import type { System } from './system.ts';

/** So long without anything new, and what is open then will stay open, ms. */
const stillMs = 60_000;

/** Until nothing is under way any more, or nothing has happened for a minute; what is then still open, the judge names. */
export async function drain(system: System, stream: StreamRecord, ids: () => string[]): Promise<void> {
  let seen = '';
  for (let until = Date.now() + stillMs; Date.now() < until; await pause(200)) {
    if (await looksQuiet(system, stream, ids()).catch(() => false)) return;
    const now = `${stream.events.length} ${system.told.size}`;
    if (now !== seen) until = Date.now() + stillMs;
    seen = now;
  }
}

async function looksQuiet(system: System, stream: StreamRecord, ids: string[]): Promise<boolean> {
  if (!ids.every((id) => stream.ended.has(id) && system.told.has(id))) return false;
  const gates = await system.queue.gate.list();
  if (gates.some(({ inUse, waiting }) => inUse > 0 || waiting > 0)) return false;
  if ((await clustersAlive(system)).length > 0) return false;
  const last = await system.queue.events.last();
  return (await system.ledger.history.cursor()) === last && stream.events.at(-1)?.id === last;
}
