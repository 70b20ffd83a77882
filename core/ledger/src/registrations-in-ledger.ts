import { DatabaseSync } from 'node:sqlite';
import type { Registration } from '@slowlane/contracts';

export interface RegistrationsInLedger {
  /** All that were ever made, newest first. */
  all: Registration[];
  /** Ids of those that a request that has not ended is pinned to. */
  pinned: Set<string>;
}

/** What was registered, and what of it is in use, as a copy of the ledger says. */
export function registrationsInLedger(copy: string): RegistrationsInLedger {
  const database = new DatabaseSync(copy, { readOnly: true });
  try {
    const rows = database.prepare('select doc from registrations order by seq desc').all() as { doc: string }[];
    const open = database.prepare('select registration from requests where ended_at is null').all() as {
      registration: string;
    }[];
    return {
      all: rows.map(({ doc }) => JSON.parse(doc) as Registration),
      pinned: new Set(open.map(({ registration }) => registration)),
    };
  } finally {
    database.close();
  }
}
