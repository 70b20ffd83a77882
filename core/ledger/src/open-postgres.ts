import { createHash } from 'node:crypto';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Database } from './database.ts';
import { copyToPostgres, copyToSqlite } from './copy-tables.ts';
import { migrate } from './migrate.ts';
import type { Databases } from './open-database.ts';

const MOST_CONNECTIONS = 8;
const INT8 = 20;

export async function openPostgres(url: string): Promise<Databases> {
  const pool = new pg.Pool({
    connectionString: url,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: 10_000,
    // Times and counts stay far below 2^53; as text they would compare and print unlike those of SQLite.
    types: {
      getTypeParser: ((oid: number, format?: 'text') =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as never,
    },
  });
  // An idle connection that breaks is replaced by the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(db, 'postgres');
  } catch (thrown) {
    await db.destroy();
    throw thrown;
  }
  return {
    kind: 'postgres',
    write: db,
    read: db,
    exclusive: (name, work) =>
      db.transaction().execute(async (transaction) => {
        await sql`select pg_advisory_xact_lock(${lockNumber(name)})`.execute(transaction);
        return work(transaction);
      }),
    copyTo: (file) => copyToSqlite(db, file),
    fillFrom: (file) => copyToPostgres(file, db),
    close: () => db.destroy(),
  };
}

/** Advisory locks have numbers: 48 bits of a digest, exact as a JavaScript number. */
function lockNumber(name: string): number {
  return createHash('sha256').update(`slowlane/${name}`).digest().readUIntBE(0, 6);
}
