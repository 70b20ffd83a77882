import type { DeliveryRecord, DeliveryStore, EventView, Failure } from '@slowlane/contracts';
import type { Selectable } from 'kysely';
import { optional } from './column.ts';
import type { DeliveryQueueTable } from './database.ts';
import type { Databases } from './open-database.ts';

type Row = Selectable<DeliveryQueueTable>;

/** See the port `DeliveryStore`. */
export function createDeliveryStore({ write, read }: Databases): DeliveryStore {
  const one = (id: string) => read.selectFrom('delivery_queue').selectAll().where('id', '=', id).executeTakeFirst();
  return {
    async add(records) {
      if (records.length === 0) return;
      await write
        .insertInto('delivery_queue')
        .values(records.map(rowOf))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    },
    async get(id) {
      const row = await one(id);
      return row === undefined ? undefined : recordOf(row);
    },
    async ofRequest(request) {
      const query = read.selectFrom('delivery_queue').selectAll().where('request', '=', request).orderBy('id');
      return (await query.execute()).map(recordOf);
    },
    async list({ state, before, limit }) {
      let query = read.selectFrom('delivery_queue').selectAll().orderBy('id', 'desc').limit(limit);
      if (state !== undefined) query = query.where('state', '=', state);
      if (before !== undefined) query = query.where('id', '<', before);
      return (await query.execute()).map(recordOf);
    },
    async due(now, count) {
      const query = read
        .selectFrom('delivery_queue')
        .selectAll()
        .where('state', '=', 'pending')
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(count);
      return (await query.execute()).map(recordOf);
    },
    async nextDueAt() {
      const { at } = await read
        .selectFrom('delivery_queue')
        .select(({ fn }) => fn.min('due_at').as('at'))
        .where('state', '=', 'pending')
        .executeTakeFirstOrThrow();
      return at === null ? undefined : Number(at);
    },
    async take({ id, attempt }, until) {
      const { numUpdatedRows } = await write
        .updateTable('delivery_queue')
        .set({ attempt: attempt + 1, due_at: until })
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .where('attempt', '=', attempt)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async settle(id, { state, dueAt, status, failure, updatedAt }) {
      await write
        .updateTable('delivery_queue')
        .set({
          state,
          due_at: dueAt,
          status: status ?? null,
          failure: failure === undefined ? null : JSON.stringify(failure),
          updated_at: updatedAt,
        })
        .where('id', '=', id)
        .execute();
    },
    async revive(id, now) {
      const { numUpdatedRows } = await write
        .updateTable('delivery_queue')
        .set({ state: 'pending', attempt: 0, due_at: now, updated_at: now })
        .where('id', '=', id)
        .where('state', '=', 'dead')
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async forget(before) {
      const { numDeletedRows } = await write
        .deleteFrom('delivery_queue')
        .where('state', '!=', 'pending')
        .where('updated_at', '<', before)
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}

function rowOf(record: DeliveryRecord): Row {
  return {
    id: record.id,
    request: record.request,
    correlation: record.correlationId,
    pipeline: record.pipeline,
    kind: record.kind,
    address: record.address,
    audience: JSON.stringify(record.audience),
    event: JSON.stringify(record.event),
    state: record.state,
    attempt: record.attempt,
    due_at: record.dueAt,
    status: record.status ?? null,
    failure: record.failure === undefined ? null : JSON.stringify(record.failure),
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  };
}

function recordOf(row: Row): DeliveryRecord {
  return {
    id: row.id,
    request: row.request,
    correlationId: row.correlation,
    pipeline: row.pipeline,
    kind: row.kind as DeliveryRecord['kind'],
    address: row.address,
    audience: JSON.parse(row.audience) as DeliveryRecord['audience'],
    event: JSON.parse(row.event) as EventView,
    state: row.state as DeliveryRecord['state'],
    attempt: row.attempt,
    dueAt: Number(row.due_at),
    status: optional(row.status),
    failure: row.failure === null ? undefined : (JSON.parse(row.failure) as Failure),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}
