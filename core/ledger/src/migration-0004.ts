import type { Migration } from 'kysely/migration';
import { sql } from 'kysely';

type AnyDatabase = Parameters<Migration['up']>[0];

/** Commits, jobs and trace ids as columns of their own, so that a trace finds them by an index; filled in for what is there already. */
export async function idsToTraceBy(db: AnyDatabase, written: (statement: string) => string): Promise<void> {
  for (const statement of columns) await sql.raw(written(statement)).execute(db);
  const builds = await sql<{ id: string; found: string }>`select id, found from builds`.execute(db);
  for (const { id, found } of builds.rows) {
    const { commit } = JSON.parse(found) as { commit?: string };
    if (commit !== undefined) await sql`update builds set commit_id = ${commit} where id = ${id}`.execute(db);
  }
  const registrations = await sql<{ id: string; doc: string }>`select id, doc from registrations`.execute(db);
  for (const { id, doc } of registrations.rows) {
    const { jobId } = JSON.parse(doc) as { jobId: string };
    await sql`update registrations set job = ${jobId} where id = ${id}`.execute(db);
  }
  for (const statement of indexes) await sql.raw(statement).execute(db);
}

const columns = ['alter table builds add column commit_id text', 'alter table registrations add column job text'];
const indexes = [
  'create index builds_commit on builds (commit_id) where commit_id is not null',
  'create index registrations_job on registrations (job)',
  'create index requests_trace on requests (substr(traceparent, 4, 32)) where traceparent is not null',
];
