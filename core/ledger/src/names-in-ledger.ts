import { DatabaseSync } from 'node:sqlite';
import { digestsIn } from '@slowlane/kit';
import { tableNames } from './copy-tables.ts';

/** Every SHA-256 that any row of a copy of the ledger names, as 64 hexadecimal digits: what history, jobs, pins and parts refer to. */
export function digestsInLedger(copy: string): Set<string> {
  const database = new DatabaseSync(copy, { readOnly: true });
  const found = new Set<string>();
  try {
    for (const table of tableNames)
      for (const row of database.prepare(`select * from ${table}`).iterate())
        for (const name of digestsIn(JSON.stringify(row))) found.add(name);
  } finally {
    database.close();
  }
  return found;
}
