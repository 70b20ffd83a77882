import { type SlowLaneEvent, SlowLaneError } from '@slowlane/contracts';
import type { EndpointDeps } from './endpoint-deps.ts';

const BATCH = 500;
/** Beyond this the archiver is far behind; the trace then ends where history ends. */
const MAX_TAIL = 10_000;

/** All events of the chain an id belongs to, oldest first, up to this moment. Throws `trace.not-found`. */
export async function findTrace(deps: Pick<EndpointDeps, 'history' | 'events'>, id: string): Promise<SlowLaneEvent[]> {
  const tail = await readTail(deps);
  const archived = await deps.history.trace(id);
  const seen = new Set(archived.map((event) => event.id));
  const chain = new Set(
    [...archived, ...tail.filter((event) => isAbout(event, id))].map((event) => event.correlationId),
  );
  const events = [...archived, ...tail.filter((event) => chain.has(event.correlationId) && !seen.has(event.id))];
  if (events.length === 0) throw new SlowLaneError('trace.not-found', `nothing is known under "${id}"`);
  return events;
}

/** What the archiver has not taken over yet. */
export async function readTail(deps: Pick<EndpointDeps, 'history' | 'events'>): Promise<SlowLaneEvent[]> {
  if (deps.events === undefined) return [];
  const tail: SlowLaneEvent[] = [];
  let after = await deps.history.cursor();
  while (tail.length < MAX_TAIL) {
    const batch = await deps.events.read(after, BATCH, 0);
    tail.push(...batch);
    after = batch.at(-1)?.id ?? after;
    if (batch.length < BATCH) break;
  }
  return tail;
}

function isAbout(event: SlowLaneEvent, id: string): boolean {
  return event.correlationId === id || Object.values(event.subject).includes(id);
}
