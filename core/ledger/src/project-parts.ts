import type { EventType, PartState, SlowLaneEvent } from '@slowlane/contracts';
import { type Updateable, sql } from 'kysely';
import { json, number, text } from './column.ts';
import type { PartTable } from './database.ts';
import type { Projection } from './projection.ts';

export const partProjections: Partial<Record<EventType, Projection>> = {
  'part.parked': park,
  'part.waiting': (db, event) => {
    const { dimension, limit, inUse, reason, until } = event.data;
    return change(db, event, { waiting: json({ dimension, limit, inUse, reason, until }) });
  },
  'part.granted': (db, event) => change(db, event, { state: 'granted' satisfies PartState, granted_at: event.at }),
  'part.submitting': (db, event) =>
    change(db, event, {
      state: 'submitting' satisfies PartState,
      attempt: Number(event.data['attempt']),
      token: text(event.data['token']),
    }),
  'part.running': run,
  'part.cancelling': (db, event) => change(db, event, { state: 'cancelling' satisfies PartState, cancel: 1 }),
  'part.retrying': retry,
  'part.ended': end,
};

function park(...[db, event]: Parameters<Projection>): Promise<unknown> {
  const { key, index, document, estimateMicros } = event.data;
  return db
    .insertInto('parts')
    .values({
      id: partOf(event),
      request: event.subject.request ?? '',
      idx: Number(index),
      key: String(key),
      document: JSON.stringify(document ?? {}),
      state: 'parked' satisfies PartState,
      attempt: 1,
      parked_at: event.at,
      cancel: 0,
      estimate: number(estimateMicros),
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(parkedAgain(event)))
    .execute();
}

/** A part that is run again is a new attempt; its document and its estimate are those of the first time, its cost goes on. */
function parkedAgain(event: SlowLaneEvent): Updateable<PartTable> {
  const cleared = {
    token: null,
    run_id: null,
    run_page_url: null,
    granted_at: null,
    submitted_at: null,
    ended_at: null,
  };
  return {
    ...cleared,
    state: 'parked' satisfies PartState,
    attempt: Number(event.data['attempt'] ?? 1),
    parked_at: event.at,
    failure: null,
    waiting: null,
    log: null,
    cancel: 0,
  };
}

async function run(...[db, event]: Parameters<Projection>): Promise<void> {
  const runId = String(event.data['runId']);
  const page = text(event.data['runPageUrl']);
  const state = sql<string>`case when cancel = 1 then 'cancelling' else 'running' end`;
  await db
    .updateTable('parts')
    .set({ state, run_id: runId, run_page_url: page, submitted_at: event.at })
    .where('id', '=', partOf(event))
    .execute();
  await db
    .insertInto('runs')
    .values({
      part: partOf(event),
      attempt: Number(event.data['attempt']),
      request: event.subject.request ?? '',
      run_id: runId,
      run_page_url: page,
      state: 'running',
      started_at: event.at,
    })
    .onConflict((conflict) => conflict.columns(['part', 'attempt']).doNothing())
    .execute();
}

async function retry(...[db, event]: Parameters<Projection>): Promise<void> {
  const attempt = Number(event.data['attempt']);
  await endRun(event, { attempt, state: 'failed', runMs: null })(db);
  await change(db, event, {
    state: 'granted' satisfies PartState,
    attempt: attempt + 1,
    token: null,
    run_id: null,
    run_page_url: null,
    submitted_at: null,
    failure: json(event.data['failure']),
  });
}

async function end(...[db, event]: Parameters<Projection>): Promise<void> {
  const { state, attempt, failure, runMs, log } = event.data;
  await bookCost(db, event);
  await change(db, event, { state: String(state), ended_at: event.at, failure: json(failure), log: text(log) });
  await endRun(event, { attempt: Number(attempt), state: String(state), runMs: Number(runMs) })(db);
  await db
    .updateTable('requests')
    .set((column) => ({ parts_ended: column('parts_ended', '+', 1) }))
    .where('id', '=', event.subject.request ?? '')
    .execute();
}

/** What is told is the cost of all attempts of the part so far: the request has the one before it already. */
async function bookCost(...[db, event]: Parameters<Projection>): Promise<void> {
  const cost = number(event.data['costMicros']);
  if (cost === null) return;
  const before = await db.selectFrom('parts').select('cost').where('id', '=', partOf(event)).executeTakeFirst();
  await change(db, event, { cost });
  await db
    .updateTable('requests')
    .set(({ eb, fn, val }) => ({ cost: eb(fn.coalesce('cost', val(0)), '+', cost - (before?.cost ?? 0)) }))
    .where('id', '=', event.subject.request ?? '')
    .execute();
}

function endRun(event: SlowLaneEvent, how: { attempt: number; state: string; runMs: number | null }) {
  return (db: Parameters<Projection>[0]): Promise<unknown> =>
    db
      .updateTable('runs')
      .set({ state: how.state, ended_at: event.at, run_ms: how.runMs })
      .where('part', '=', partOf(event))
      .where('attempt', '=', how.attempt)
      .execute();
}

function change(...[db, event, values]: [...Parameters<Projection>, Updateable<PartTable>]): Promise<unknown> {
  return db.updateTable('parts').set(values).where('id', '=', partOf(event)).execute();
}

function partOf(event: SlowLaneEvent): string {
  return event.subject.part ?? '';
}
