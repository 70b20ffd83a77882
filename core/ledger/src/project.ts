import type { EventType, SlowLaneEvent } from '@slowlane/contracts';
import { splitStreamId } from '@slowlane/kit';
import type { Transaction } from 'kysely';
import { json, text } from './column.ts';
import type { Database } from './database.ts';
import type { Projection } from './projection.ts';
import { buildProjections } from './project-builds.ts';
import { partProjections } from './project-parts.ts';
import { requestProjections } from './project-requests.ts';

const projections: Partial<Record<EventType, Projection>> = {
  ...requestProjections,
  ...partProjections,
  ...buildProjections,
  'delivery.sent': (db, event) => deliver(db, event, 1),
  'delivery.failed': (db, event) => deliver(db, event, 0),
  'gate.limit': limit,
};

export async function project(db: Transaction<Database>, events: readonly SlowLaneEvent[]): Promise<void> {
  for (const event of events) {
    // Only what is about the values of an event makes the archiver go on one by one, and put it into quarantine.
    if (event.type === 'event.unreadable') throw new SyntaxError(`unreadable: ${text(event.data['reason']) ?? ''}`);
    await keep(db, event);
    await projections[event.type]?.(db, event);
  }
}

async function keep(db: Transaction<Database>, event: SlowLaneEvent): Promise<void> {
  const [ms, n] = splitStreamId(event.id);
  const { pipeline, build, request, part, run } = event.subject;
  await db
    .insertInto('events')
    .values({
      ms,
      n,
      type: event.type,
      correlation: event.correlationId,
      pipeline: pipeline ?? null,
      build: build ?? null,
      request: request ?? null,
      part: part ?? null,
      run: run ?? null,
      data: JSON.stringify(event.data),
    })
    .execute();
}

async function deliver(db: Transaction<Database>, event: SlowLaneEvent, sent: number): Promise<void> {
  const [ms, n] = splitStreamId(event.id);
  const { url, status, attempt, failure } = event.data;
  await db
    .insertInto('deliveries')
    .values({
      ms,
      n,
      request: event.subject.request ?? null,
      url: text(url) ?? '',
      sent,
      status: typeof status === 'number' ? status : null,
      attempt: Number(attempt ?? 1),
      failure: json(failure),
    })
    .execute();
}

async function limit(db: Transaction<Database>, event: SlowLaneEvent): Promise<void> {
  const { dimension, limit: value, by, reason } = event.data;
  await db.deleteFrom('hand_limits').where('dimension', '=', String(dimension)).execute();
  if (typeof value !== 'number') return;
  const row = { dimension: String(dimension), limit: value, by: String(by), reason: String(reason), at: event.at };
  await db.insertInto('hand_limits').values(row).execute();
}
