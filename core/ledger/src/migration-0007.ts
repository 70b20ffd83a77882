import type { Migration } from 'kysely/migration';
import { sql } from 'kysely';
import { earlierEvents } from './earlier-events.ts';

type AnyDatabase = Parameters<Migration['up']>[0];

/** What parts were estimated at and cost, and their requests with them; filled in from the events for what is there already. */
export async function costs(db: AnyDatabase, written: (statement: string) => string): Promise<void> {
  for (const column of ['requests add column cost', 'parts add column estimate', 'parts add column cost'])
    await sql.raw(written(`alter table ${column} integer`)).execute(db);
  for await (const { type, part, told } of earlierEvents(db, ['part.parked', 'part.ended'])) {
    const { estimateMicros, costMicros } = told;
    if (type === 'part.parked' && typeof estimateMicros === 'number')
      await sql`update parts set estimate = ${estimateMicros} where id = ${part}`.execute(db);
    // Each end tells what all attempts so far have cost, so the last one stands.
    if (type === 'part.ended' && typeof costMicros === 'number')
      await sql`update parts set cost = ${costMicros} where id = ${part}`.execute(db);
  }
  await sql
    .raw(
      'update requests set cost = (select sum(cost) from parts where parts.request = requests.id) where id in (select request from parts where cost is not null)',
    )
    .execute(db);
}
