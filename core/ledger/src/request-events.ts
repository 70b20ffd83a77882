import type { SlowLaneEvent } from '@slowlane/contracts';
import { splitStreamId } from '@slowlane/kit';
import type { Kysely } from 'kysely';
import type { Database } from './database.ts';
import { eventOf } from './records.ts';

/** Of one call. */
const MOST_EVENTS = 2_000;

/** The next archived events of one request behind `after` (an event id), oldest first; none when there are no more. */
export async function requestEvents(db: Kysely<Database>, request: string, after: string): Promise<SlowLaneEvent[]> {
  const [ms, n] = splitStreamId(after);
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('request', '=', request)
    .where(({ or, and, eb }) => or([eb('ms', '>', ms), and([eb('ms', '=', ms), eb('n', '>', n)])]))
    .orderBy('ms')
    .orderBy('n')
    .limit(MOST_EVENTS)
    .execute();
  return rows.map(eventOf);
}
