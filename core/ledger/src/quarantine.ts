import type { SlowLaneEvent } from '@slowlane/contracts';
import { splitStreamId } from '@slowlane/kit';
import { type Kysely, type Transaction, sql } from 'kysely';
import type { Database } from './database.ts';
import type { QuarantinedEvent } from './ledger.ts';
import { project } from './project.ts';

/**
 * As `project`, one event at a time: one that the read model cannot take is put aside with the reason, and the rest go on. Any failure that
 * is not about the event itself (disk full, connection lost) is thrown, and nothing of the transaction stays.
 */
export async function projectEach(
  db: Transaction<Database>,
  events: readonly SlowLaneEvent[],
): Promise<SlowLaneEvent[]> {
  const poison: SlowLaneEvent[] = [];
  for (const event of events) {
    await sql`savepoint event`.execute(db);
    try {
      await project(db, [event]);
    } catch (thrown) {
      if (!isAboutData(thrown)) throw thrown;
      await sql`rollback to savepoint event`.execute(db);
      await putAside(db, event, thrown);
      poison.push(event);
    }
    await sql`release savepoint event`.execute(db);
  }
  return poison;
}

export async function readQuarantine(db: Kysely<Database>): Promise<QuarantinedEvent[]> {
  const rows = await db.selectFrom('quarantine').selectAll().orderBy('ms').orderBy('n').execute();
  return rows.map(({ event, error, at }) => ({ event: JSON.parse(event) as SlowLaneEvent, error, at }));
}

/**
 * Whether the values of the statement are at fault. An event that is there already is not: that would be an event taken twice, which the
 * cursor rules out, and hiding it would hide that.
 *
 * @see https://www.postgresql.org/docs/15/errcodes-appendix.html (22 data exception, 23 integrity constraint violation)
 * @see https://sqlite.org/rescode.html (18 TOOBIG, 19 CONSTRAINT, 20 MISMATCH)
 */
export function isAboutData(thrown: unknown): boolean {
  const { code, errcode } = thrown as { code?: unknown; errcode?: unknown };
  if (isDoubleEvent(thrown)) return false;
  if (typeof errcode === 'number') return [18, 19, 20].includes(errcode & 0xff);
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return /^2[23]/.test(code);
  return thrown instanceof TypeError || thrown instanceof SyntaxError || thrown instanceof RangeError;
}

function isDoubleEvent(thrown: unknown): boolean {
  const { constraint, message } = thrown as { constraint?: unknown; message?: unknown };
  return constraint === 'events_pkey' || /UNIQUE constraint failed: events\./.test(String(message));
}

async function putAside(db: Transaction<Database>, event: SlowLaneEvent, thrown: unknown): Promise<void> {
  const [ms, n] = splitStreamId(event.id);
  const error = (thrown instanceof Error ? thrown.message : String(thrown)).replaceAll('\0', '');
  await db
    .insertInto('quarantine')
    .values({ ms, n, event: JSON.stringify(event), error, at: Date.now() })
    .execute();
}
