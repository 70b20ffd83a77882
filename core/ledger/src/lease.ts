import { type Kysely, type Transaction, sql } from 'kysely';
import type { Database } from './database.ts';
import type { Databases } from './open-database.ts';

const NAME = 'archiver';

/** Right to archive, until another takes it: whoever takes it raises the fence. */
export interface Lease {
  holder: string;
  fence: number;
  /** It ends so long after it was last proven. */
  leaseMs: number;
  /** Where it stands. */
  kind: Databases['kind'];
}

/**
 * Takes the lease, or answers undefined while another holds it. Of SQLite there is one process at a time, so a lease that stands there is
 * that of a dead one.
 */
export async function takeLease(
  { kind, exclusive }: Databases,
  { holder, leaseMs }: Omit<Lease, 'fence' | 'kind'>,
): Promise<Lease | undefined> {
  return exclusive('lease', async (db) => {
    const now = await timeOf(db, kind);
    const held = await db.selectFrom('leases').selectAll().where('name', '=', NAME).executeTakeFirst();
    const isHeld = held !== undefined && held.holder !== holder && held.until > now;
    if (isHeld && kind === 'postgres') return undefined;
    const fence = (held?.fence ?? 0) + 1;
    const row = { holder, fence, until: now + leaseMs };
    await db
      .insertInto('leases')
      .values({ name: NAME, ...row })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
      .execute();
    return { holder, fence, leaseMs, kind };
  });
}

/**
 * The clock of the database, which all nodes share: by its own, one that is an hour ahead would keep everybody out for an hour after its death. SQLite
 * has that of the one machine.
 */
async function timeOf(db: Kysely<Database>, kind: Databases['kind']): Promise<number> {
  if (kind !== 'postgres') return Date.now();
  const { rows } = await sql<{ ms: string }>`select floor(extract(epoch from clock_timestamp()) * 1000) as ms`.execute(
    db,
  );
  return Number(rows[0]?.ms);
}

/** Prolongs the lease in the transaction that does the work, so that nothing is committed under a lease that was lost. */
export async function proveLease(db: Transaction<Database>, { holder, fence, leaseMs, kind }: Lease): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('leases')
    .set({ until: (await timeOf(db, kind)) + leaseMs })
    .where('name', '=', NAME)
    .where('holder', '=', holder)
    .where('fence', '=', fence)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw new LeaseLost();
}

export async function giveLeaseBack({ write }: Databases, { holder, fence }: Lease): Promise<void> {
  await write
    .updateTable('leases')
    .set({ until: 0 })
    .where('name', '=', NAME)
    .where('holder', '=', holder)
    .where('fence', '=', fence)
    .execute();
}

export class LeaseLost extends Error {
  constructor() {
    super('another node has become the archiver');
  }
}
