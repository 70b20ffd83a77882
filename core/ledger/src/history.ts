import { setTimeout as pause } from 'node:timers/promises';
import type { History, PartRange, PartTally } from '@slowlane/contracts';
import { compareStreamIds } from '@slowlane/kit';
import type { Kysely } from 'kysely';
import { readCursor } from './cursor.ts';
import type { Database } from './database.ts';
import type { LedgerHistory } from './ledger.ts';
import { buildOf, partOf, requestOf } from './records.ts';
import { requestEvents } from './request-events.ts';
import { trace } from './trace.ts';

const LOOK_AGAIN_MS = 20;

/** What has happened, from the read model. */
export function createHistory(db: Kysely<Database>): LedgerHistory {
  return {
    async request(id) {
      const row = await db.selectFrom('requests').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : requestOf(row);
    },
    requests: (query) => requests(db, query),
    parts: (requestId, range) => parts(db, requestId, range),
    tallyParts: (requestId) => tallyParts(db, requestId),
    async build(id) {
      const row = await db.selectFrom('builds').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : buildOf(row);
    },
    builds: (query) => builds(db, query),
    async trace(id, options = {}) {
      if (options.upTo !== undefined) await reached(db, options.upTo, options.waitMs ?? 5_000);
      return trace(db, id);
    },
    requestEvents: (id, after) => requestEvents(db, id, after),
    cursor: () => readCursor(db),
  };
}

async function requests(
  db: Kysely<Database>,
  query: Parameters<History['requests']>[0],
): ReturnType<History['requests']> {
  let select = db.selectFrom('requests').selectAll().orderBy('id', 'desc').limit(query.limit);
  if (query.operation !== undefined) select = select.where('operation', '=', query.operation);
  if (query.state !== undefined) select = select.where('state', '=', query.state);
  if (query.principal !== undefined) select = select.where('principal', '=', query.principal);
  const { tenant } = query;
  // Without one of its own a request is for who sent it.
  if (tenant !== undefined)
    select = select.where(({ or, and, eb }) =>
      or([eb('tenant', '=', tenant), and([eb('tenant', 'is', null), eb('principal', '=', tenant)])]),
    );
  if (query.since !== undefined) select = select.where('accepted_at', '>=', query.since);
  if (query.until !== undefined) select = select.where('accepted_at', '<', query.until);
  if (query.before !== undefined) select = select.where('id', '<', query.before);
  return (await select.execute()).map(requestOf);
}

async function parts(db: Kysely<Database>, requestId: string, range?: PartRange): Promise<ReturnType<typeof partOf>[]> {
  let select = db.selectFrom('parts').selectAll().where('request', '=', requestId).orderBy('idx');
  if (range !== undefined) select = select.where('idx', '>=', range.from).where('idx', '<', range.from + range.count);
  return (await select.execute()).map(partOf);
}

async function tallyParts(db: Kysely<Database>, requestId: string): Promise<PartTally> {
  const rows = await db
    .selectFrom('parts')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count'), fn.sum<number | null>('estimate').as('estimate')])
    .where('request', '=', requestId)
    .groupBy('state')
    .execute();
  const estimates = rows.flatMap(({ estimate }) => (estimate === null ? [] : Number(estimate)));
  return {
    states: Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)])),
    estimateMicros: estimates.length === 0 ? undefined : estimates.reduce((sum, one) => sum + one),
  };
}

async function builds(db: Kysely<Database>, query: Parameters<History['builds']>[0]): ReturnType<History['builds']> {
  let select = db.selectFrom('builds').selectAll().orderBy('id', 'desc').limit(query.limit);
  if (query.pipeline !== undefined) select = select.where('pipeline', '=', query.pipeline);
  if (query.artifact !== undefined) select = select.where('artifact', '=', query.artifact);
  if (query.before !== undefined) select = select.where('id', '<', query.before);
  return (await select.execute()).map(buildOf);
}

async function reached(db: Kysely<Database>, id: string, waitMs: number): Promise<void> {
  const deadline = Date.now() + waitMs;
  while (compareStreamIds(await readCursor(db), id) < 0 && Date.now() < deadline) await pause(LOOK_AGAIN_MS);
}
