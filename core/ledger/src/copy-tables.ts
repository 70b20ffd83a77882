import { type Kysely, sql } from 'kysely';
import type { Database } from './database.ts';
import { openSqlite } from './open-sqlite.ts';

const ROWS_AT_ONCE = 500;

/** Every table that holds something worth keeping, with the columns that put its rows in order. A lease is no history. */
const tables = {
  events: ['ms', 'n'],
  cursor: ['name'],
  requests: ['id'],
  parts: ['id'],
  runs: ['part', 'attempt'],
  builds: ['id'],
  deliveries: ['ms', 'n'],
  hand_limits: ['dimension'],
  pipelines: ['name', 'revision'],
  registrations: ['seq'],
  tokens: ['id'],
  schedules: ['pipeline', 'name'],
  delivery_queue: ['id'],
  quarantine: ['ms', 'n'],
  revoked_links: ['request', 'signature'],
} as const satisfies { [T in keyof Database]?: readonly (keyof Database[T])[] };
type Table = keyof typeof tables;
export const tableNames = Object.keys(tables) as Table[];

/** Copies what one snapshot of a Postgres database holds into a new SQLite file. */
export async function copyToSqlite(db: Kysely<Database>, file: string): Promise<void> {
  const target = await openSqlite(file);
  try {
    const snapshot = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
    await snapshot.execute((from) => copyAll(from, target.write));
  } finally {
    await target.close();
  }
}

/** The other way, in one transaction. The tables must be empty. */
export async function copyToPostgres(file: string, db: Kysely<Database>): Promise<void> {
  const source = await openSqlite(file);
  try {
    await db.transaction().execute(async (to) => {
      await copyAll(source.read, to);
      await sql`select setval(pg_get_serial_sequence('registrations', 'seq'), coalesce(max(seq), 0) + 1, false) from registrations`.execute(
        to,
      );
    });
  } finally {
    await source.close();
  }
}

async function copyAll(from: Kysely<Database>, to: Kysely<Database>): Promise<void> {
  for (const table of tableNames) await copyTable(table, from, to);
}

async function copyTable(table: Table, from: Kysely<Database>, to: Kysely<Database>): Promise<void> {
  const order = sql.join(tables[table].map((column) => sql.ref(column)));
  for (let offset = 0; ; offset += ROWS_AT_ONCE) {
    const page = sql<
      Record<string, unknown>
    >`select * from ${sql.table(table)} order by ${order} limit ${ROWS_AT_ONCE} offset ${offset}`;
    const { rows } = await page.execute(from);
    // Both sides were made by the same migrations, so their columns are the same.
    if (rows.length > 0)
      await to
        .insertInto(table)
        .values(rows as never)
        .execute();
    if (rows.length < ROWS_AT_ONCE) return;
  }
}
