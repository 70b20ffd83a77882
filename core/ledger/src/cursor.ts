import type { Kysely } from 'kysely';
import type { Database } from './database.ts';

const NAME = 'log';

/** Id of the newest archived event, `0-0` before the first. */
export async function readCursor(db: Kysely<Database>): Promise<string> {
  const row = await db.selectFrom('cursor').select('value').where('name', '=', NAME).executeTakeFirst();
  return row?.value ?? '0-0';
}

export async function moveCursor(db: Kysely<Database>, value: string): Promise<void> {
  await db
    .insertInto('cursor')
    .values({ name: NAME, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}
