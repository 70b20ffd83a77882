import { DatabaseSync } from 'node:sqlite';
import type { LedgerOptions } from './ledger.ts';
import { openDatabase } from './open-database.ts';

type Location = Pick<LedgerOptions, 'file' | 'postgres'>;

/**
 * Writes everything committed, consistent in itself, to a new SQLite file, while others write; answers the id of the newest event in it.
 * Throws `ledger.unavailable` when Postgres does not answer.
 */
export async function copyLedger({ file, postgres }: Location, copy: string): Promise<string> {
  if (postgres === undefined) vacuumInto(file, copy);
  else {
    const db = await openDatabase(postgres);
    await db.copyTo(copy).finally(db.close);
  }
  return cursorIn(copy);
}

/** Brings a copy into a Postgres database that is empty. A SQLite ledger needs none of this: its copy is the file. */
export async function fillPostgres(postgres: { url: string }, copy: string): Promise<void> {
  const db = await openDatabase(postgres);
  await db.fillFrom(copy).finally(db.close);
}

function vacuumInto(file: string, copy: string): void {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    database.prepare('vacuum into ?').run(copy);
  } finally {
    database.close();
  }
}

function cursorIn(copy: string): string {
  const database = new DatabaseSync(copy, { readOnly: true });
  try {
    const row = database.prepare('select value from cursor').get() as { value: string } | undefined;
    return row?.value ?? '0-0';
  } finally {
    database.close();
  }
}
