import type { BuildFindings, BuildState, EventType, SlowLaneEvent } from '@slowlane/contracts';
import { json, text } from './column.ts';
import type { Projection } from './projection.ts';

export const buildProjections: Partial<Record<EventType, Projection>> = {
  'build.queued': queue,
  'build.stage': (db, event) => move(db, event, { state: String(event.data['stage']) as BuildState, ended: false }),
  'build.registered': (db, event) => move(db, event, { state: 'registered', ended: true }),
  'build.built': (db, event) => move(db, event, { state: 'built', ended: true }),
  'build.failed': (db, event) => move(db, event, { state: 'failed', ended: true }),
  'build.cancelled': (db, event) => move(db, event, { state: 'cancelled', ended: true }),
};

function queue(...[db, event]: Parameters<Projection>): Promise<unknown> {
  const { pipeline, revision, source, purpose, principal, language, driver } = event.data;
  const { pushId } = (purpose ?? {}) as { pushId?: string };
  return db
    .insertInto('builds')
    .values({
      id: buildOf(event),
      correlation: event.correlationId,
      pipeline: String(pipeline),
      revision: typeof revision === 'number' ? revision : null,
      source: JSON.stringify(source),
      purpose: JSON.stringify(purpose),
      push: pushId ?? null,
      principal: String(principal),
      language: text(language),
      driver: text(driver),
      state: 'queued' satisfies BuildState,
      created_at: event.at,
      found: '{}',
    })
    .execute();
}

async function move(
  ...[db, event, to]: [...Parameters<Projection>, { state: BuildState; ended: boolean }]
): Promise<void> {
  const row = await db.selectFrom('builds').select('found').where('id', '=', buildOf(event)).executeTakeFirst();
  if (row === undefined) return;
  const found = { ...(JSON.parse(row.found) as BuildFindings), ...((event.data['found'] ?? {}) as BuildFindings) };
  await db
    .updateTable('builds')
    .set({
      state: to.state,
      found: JSON.stringify(found),
      artifact: found.set?.digest ?? null,
      commit_id: found.commit ?? null,
      failure: json(event.data['failure']),
      ...(to.ended ? { ended_at: event.at } : {}),
    })
    .where('id', '=', buildOf(event))
    .execute();
}

function buildOf(event: SlowLaneEvent): string {
  return event.subject.build ?? '';
}
