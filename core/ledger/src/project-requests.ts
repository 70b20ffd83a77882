import type { EventType, RequestState, SlowLaneEvent } from '@slowlane/contracts';
import type { Updateable } from 'kysely';
import { json, number, text } from './column.ts';
import type { RequestTable } from './database.ts';
import { tenantIn } from './migration-0006.ts';
import type { Projection } from './projection.ts';

export const requestProjections: Partial<Record<EventType, Projection>> = {
  'request.accepted': accept,
  'request.mediated': (db, event) =>
    change(db, event, {
      state: 'running' satisfies RequestState,
      mediated: json(event.data['body']),
      result_path: text(event.data['resultPath']),
      parts_total: partsOf(event),
      ...(tenantIn(event.data['claim']) === undefined ? {} : { tenant: text(tenantIn(event.data['claim'])) }),
    }),
  'request.cancelling': (db, event) => change(db, event, { state: 'cancelling' satisfies RequestState }),
  'request.retried': retry,
  'request.joining': (db, event) => change(db, event, { state: 'joining' satisfies RequestState }),
  'request.succeeded': end('succeeded'),
  'request.nothing-to-do': end('nothing-to-do'),
  'request.failed': end('failed'),
  'request.cancelled': end('cancelled'),
};

/** Of a large split only the first parts are listed. */
function partsOf({ data }: SlowLaneEvent): number {
  const { total, parts } = data;
  return typeof total === 'number' ? total : Array.isArray(parts) ? parts.length : 0;
}

function accept(...[db, event]: Parameters<Projection>): Promise<unknown> {
  const { operation, principal, revision, registrationId, artifact, workspace, body, callback, traceparent } =
    event.data;
  const { tenant, notBefore, deadline, priority } = event.data;
  return db
    .insertInto('requests')
    .values({
      id: requestOf(event),
      correlation: event.correlationId,
      traceparent: text(traceparent),
      operation: String(operation),
      principal: String(principal),
      body: JSON.stringify(body ?? {}),
      callback: text(callback),
      pipeline: event.subject.pipeline ?? '',
      revision: Number(revision),
      registration: String(registrationId),
      artifact: String(artifact),
      workspace: String(workspace),
      state: 'accepted' satisfies RequestState,
      parts_total: 0,
      parts_ended: 0,
      accepted_at: event.at,
      tenant: text(tenant),
      not_before: number(notBefore),
      deadline: number(deadline),
      priority: number(priority),
    })
    .execute();
}

/** What did not succeed runs again: the end that was is history, and the request has none. */
function retry(...[db, event]: Parameters<Projection>): Promise<unknown> {
  const again = Array.isArray(event.data['parts']) ? event.data['parts'].length : 0;
  return db
    .updateTable('requests')
    .set(({ eb }) => ({
      state: 'running' satisfies RequestState,
      ended_at: null,
      end_event: null,
      failure: null,
      result: null,
      parts_ended: eb('parts_total', '-', again),
    }))
    .where('id', '=', requestOf(event))
    .execute();
}

function end(state: RequestState): Projection {
  return (db, event) =>
    change(db, event, {
      state,
      ended_at: event.at,
      end_event: event.id,
      failure: json(event.data['failure']),
      result: json(event.data['files']),
    });
}

function change(...[db, event, values]: [...Parameters<Projection>, Updateable<RequestTable>]): Promise<unknown> {
  return db.updateTable('requests').set(values).where('id', '=', requestOf(event)).execute();
}

function requestOf(event: SlowLaneEvent): string {
  return event.subject.request ?? '';
}
