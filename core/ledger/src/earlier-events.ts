import type { EventType } from '@slowlane/contracts';
import type { Migration } from 'kysely/migration';
import { sql } from 'kysely';

const EVENTS_AT_ONCE = 1_000;

export interface EarlierEvent {
  type: EventType;
  request: string;
  /** Empty for an event of a request. */
  part: string;
  /** Its data. */
  told: Record<string, unknown>;
}

/** The events of some types about requests, oldest first: what a migration fills new columns from. Reads of the tables as they were made first. */
export async function* earlierEvents(
  db: Parameters<Migration['up']>[0],
  types: readonly EventType[],
): AsyncGenerator<EarlierEvent> {
  for (let [ms, n] = [0, 0], more = true; more;) {
    const { rows } = await sql<{ ms: number; n: number; type: EventType; request: string; part: string; data: string }>`
      select ms, n, type, coalesce(request, '') as request, coalesce(part, '') as part, data from events
      where type in (${sql.join(types)}) and (ms > ${ms} or (ms = ${ms} and n > ${n}))
      order by ms, n limit ${EVENTS_AT_ONCE}`.execute(db);
    for (const { type, request, part, data } of rows)
      yield { type, request, part, told: JSON.parse(data) as Record<string, unknown> };
    const last = rows.at(-1);
    [ms, n] = [Number(last?.ms ?? 0), Number(last?.n ?? 0)];
    more = rows.length === EVENTS_AT_ONCE;
  }
}
