import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SlowLaneError } from '@slowlane/contracts';
import { Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Database } from './database.ts';
import { migrations } from './migrations.ts';
import { nodeSqliteDialect } from './node-sqlite-driver.ts';

export interface Databases {
  write: Kysely<Database>;
  /** Sees what is committed, and never waits for a writer. */
  read: Kysely<Database>;
}

/** Opens the file (made when absent) and brings it to the newest form. Throws `ledger.unavailable` naming the file. */
export async function openDatabase(file: string): Promise<Databases> {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const write = new Kysely<Database>({ dialect: nodeSqliteDialect(connect(file, false)) });
    await migrate(write);
    const read = new Kysely<Database>({ dialect: nodeSqliteDialect(connect(file, true)) });
    // kysely closes only what was used once.
    await sql`select 1`.execute(read);
    return { write, read };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new SlowLaneError('ledger.unavailable', `${file}: ${reason}`, { cause: thrown });
  }
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

async function migrate(db: Kysely<Database>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
