import type { SlowLaneEvent } from '@slowlane/contracts';
import type { Transaction } from 'kysely';
import type { Database } from './database.ts';

/** Takes one event into the read model. Runs in the transaction that also moves the cursor, so each event counts once. */
export type Projection = (db: Transaction<Database>, event: SlowLaneEvent) => Promise<unknown>;
