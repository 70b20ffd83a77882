import type { SlowLaneEvent } from '@slowlane/contracts';
import { type Kysely, sql } from 'kysely';
import type { Database } from './database.ts';
import { eventOf } from './records.ts';

/** Of a build, push or artifact so many of the newest requests are told too: an artifact can have served thousands. */
const NEWEST_REQUESTS = 10;
const MOST_EVENTS = 20_000;

/**
 * The events of a whole chain in the order they happened: of the request that the id belongs to, and of the build that made its artifact;
 * of a build, push or artifact also those of the newest requests that ran it. Empty when the id is unknown.
 */
export async function trace(db: Kysely<Database>, id: string): Promise<SlowLaneEvent[]> {
  const requests = await requestsOf(db, id);
  const builds = await buildsOf(db, id);
  const made = await buildsOfRequests(db, requests);
  const ran = requests.length > 0 ? [] : await requestsOfBuilds(db, builds);
  const correlations = await correlationsOf(db, { requests: [...requests, ...ran], builds: [...builds, ...made] });
  if (id.startsWith('cor_')) correlations.push(id);
  if (correlations.length === 0) return [];
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('correlation', 'in', [...new Set(correlations)])
    .orderBy('ms')
    .orderBy('n')
    .limit(MOST_EVENTS)
    .execute();
  return rows.map(eventOf);
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header (version-trace id-parent id-flags) */
function traceIdOf(id: string): string {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(id)?.[1] ?? id;
}

async function requestsOf(db: Kysely<Database>, id: string): Promise<string[]> {
  const found = await db
    .selectFrom('requests')
    .select('id')
    .where(({ or, eb, selectFrom }) =>
      or([
        eb('id', '=', id),
        eb('correlation', '=', id),
        eb('id', 'in', selectFrom('parts').select('request').where('id', '=', id)),
        eb('id', 'in', selectFrom('runs').select('request').where('run_id', '=', id)),
        eb('id', 'in', selectFrom('delivery_queue').select('request').where('id', '=', id)),
        // The whole header, or the trace id in it.
        eb(sql<string>`substr(traceparent, 4, 32)`, '=', traceIdOf(id)),
      ]),
    )
    .execute();
  return found.map((row) => row.id);
}

async function buildsOf(db: Kysely<Database>, id: string): Promise<string[]> {
  const found = await db
    .selectFrom('builds')
    .select('id')
    .where(({ or, eb, selectFrom }) =>
      or([
        eb('id', '=', id),
        eb('correlation', '=', id),
        eb('push', '=', id),
        eb('commit_id', '=', id),
        eb('artifact', '=', id),
        eb(
          'id',
          'in',
          selectFrom('registrations')
            .select('build')
            .where(({ or: any, eb: is }) => any([is('id', '=', id), is('primary_file', '=', id), is('job', '=', id)])),
        ),
      ]),
    )
    .execute();
  return found.map((row) => row.id);
}

/** The builds that registered what the requests are pinned to, and those whose bytes they took over. */
async function buildsOfRequests(db: Kysely<Database>, requests: readonly string[]): Promise<string[]> {
  if (requests.length === 0) return [];
  const registered = await db
    .selectFrom('requests')
    .innerJoin('registrations', 'registrations.id', 'requests.registration')
    .leftJoin('builds', 'builds.id', 'registrations.build')
    .select(['registrations.build', 'builds.found'])
    .where('requests.id', 'in', requests)
    .execute();
  return registered.flatMap(({ build, found }) => {
    const { cachedFrom } = JSON.parse(found ?? '{}') as { cachedFrom?: string };
    return cachedFrom === undefined ? [build] : [build, cachedFrom];
  });
}

async function requestsOfBuilds(db: Kysely<Database>, builds: readonly string[]): Promise<string[]> {
  if (builds.length === 0) return [];
  const found = await db
    .selectFrom('requests')
    .innerJoin('registrations', 'registrations.id', 'requests.registration')
    .select('requests.id')
    .where('registrations.build', 'in', builds)
    .orderBy('requests.id', 'desc')
    .limit(NEWEST_REQUESTS)
    .execute();
  return found.map((row) => row.id);
}

async function correlationsOf(db: Kysely<Database>, ids: { requests: string[]; builds: string[] }): Promise<string[]> {
  const [requests, builds] = await Promise.all([
    ids.requests.length === 0
      ? []
      : db.selectFrom('requests').select('correlation').where('id', 'in', ids.requests).execute(),
    ids.builds.length === 0
      ? []
      : db.selectFrom('builds').select('correlation').where('id', 'in', ids.builds).execute(),
  ]);
  return [...requests, ...builds].map(({ correlation }) => correlation);
}
