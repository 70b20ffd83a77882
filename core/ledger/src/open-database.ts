import { SlowLaneError } from '@slowlane/contracts';
import type { Kysely, Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { DatabaseKind } from './migrations.ts';
import { openPostgres } from './open-postgres.ts';
import { openSqlite } from './open-sqlite.ts';

export interface Databases {
  kind: DatabaseKind;
  write: Kysely<Database>;
  /** Sees what is committed, and never waits for a writer. */
  read: Kysely<Database>;
  /** A transaction that no other with the same `name` runs beside, in any process. */
  exclusive<T>(name: string, work: (transaction: Transaction<Database>) => Promise<T>): Promise<T>;
  /** A copy of everything committed, consistent in itself, as a new file. */
  copyTo(file: string): Promise<void>;
  /** Fills the empty tables with what a copy holds. */
  fillFrom(file: string): Promise<void>;
  close(): Promise<void>;
}

/** Where the rows are: a SQLite file (made when absent), or a Postgres database (`postgres://user:password@host/database`). */
export type DatabaseLocation = { file: string } | { url: string };

/** Opens the database and brings it to the newest form. Throws `ledger.unavailable` naming it, without its password. */
export async function openDatabase(at: DatabaseLocation): Promise<Databases> {
  try {
    if ('url' in at) return await openPostgres(at.url);
    return await openSqlite(at.file);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new SlowLaneError('ledger.unavailable', `${nameOf(at)}: ${reason}`, { cause: thrown });
  }
}

function nameOf(at: DatabaseLocation): string {
  if ('file' in at) return at.file;
  const url = URL.parse(at.url);
  return url === null ? 'the Postgres URL' : `postgres ${url.host || url.searchParams.get('host')}${url.pathname}`;
}
