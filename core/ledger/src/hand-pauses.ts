import type { Kysely } from 'kysely';
import type { Database } from './database.ts';

/** What people last did to a dimension by `gate pause`, `drain` and `release`: for a Redis that is older than that. */
export interface HandPause {
  dimension: string;
  cause: 'pause' | 'drain';
  /** False: it was released. */
  isClosed: boolean;
  by: string;
  reason: string;
  /** Epoch ms at which it ends by itself. */
  until: number | undefined;
}

/** The newest word on each dimension and cause. */
export async function readHandPauses(db: Kysely<Database>): Promise<HandPause[]> {
  const rows = await db
    .selectFrom('events')
    .select(['type', 'data'])
    .where('type', 'in', ['gate.closed', 'gate.opened'])
    .orderBy('ms')
    .orderBy('n')
    .execute();
  const newest = new Map<string, HandPause>();
  for (const { type, data } of rows) {
    const { dimension, cause, by, reason, until } = JSON.parse(data) as Record<string, unknown>;
    if (cause !== 'pause' && cause !== 'drain') continue;
    newest.set(`${String(dimension)} ${cause}`, {
      dimension: String(dimension),
      cause,
      isClosed: type === 'gate.closed',
      by: String(by),
      reason: String(reason ?? ''),
      until: typeof until === 'number' ? until : undefined,
    });
  }
  return [...newest.values()];
}
