import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { nodeSqliteDialect } from './node-sqlite-driver.ts';
import type { Databases } from './open-database.ts';

export async function openSqlite(file: string): Promise<Databases> {
  mkdirSync(dirname(file), { recursive: true });
  const write = new Kysely<Database>({ dialect: nodeSqliteDialect(connect(file, false)) });
  await migrate(write, 'sqlite');
  const read = new Kysely<Database>({ dialect: nodeSqliteDialect(connect(file, true)) });
  // kysely closes only what was used once.
  await sql`select 1`.execute(read);
  return {
    kind: 'sqlite',
    write,
    read,
    // `begin immediate` lets one writer in at a time, whatever the name.
    exclusive: (_name, work) => write.transaction().execute(work),
    async copyTo(copy) {
      await sql`vacuum into ${copy}`.execute(read);
    },
    fillFrom: () => Promise.reject(new Error('a SQLite ledger is restored by its file')),
    async close() {
      await read.destroy();
      await write.destroy();
    },
  };
}

function connect(file: string, readOnly: boolean): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly, timeout: 5_000 });
  if (!readOnly) {
    database.exec('pragma journal_mode = wal');
    // A row that was shown must be there after a power cut: the event is trimmed from Redis after the commit.
    database.exec('pragma synchronous = full');
  }
  return database;
}
