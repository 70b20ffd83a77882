import type { Migration } from 'kysely/migration';
import { sql } from 'kysely';
import { schedulesAndDeliveries } from './migration-0002.ts';

/** In order, by name; one that was released is never changed. */
export const migrations: Record<string, Migration> = {
  '0001-read-model': { up: (db) => runAll(db, readModel) },
  '0002-schedules-and-deliveries': schedulesAndDeliveries,
};

const readModel = [
  `create table events (ms integer not null, n integer not null, type text not null, correlation text not null, pipeline text, build text,
    request text, part text, run text, data text not null, primary key (ms, n)) without rowid`,
  'create index events_correlation on events (correlation)',
  'create index events_build on events (build) where build is not null',
  'create index events_request on events (request) where request is not null',
  'create table cursor (name text primary key, value text not null) without rowid',
  `create table requests (id text primary key, correlation text not null, traceparent text, operation text not null, principal text not null,
    body text not null, mediated text, callback text, pipeline text not null, revision integer not null, registration text not null,
    artifact text not null, workspace text not null, state text not null, parts_total integer not null, parts_ended integer not null,
    accepted_at integer not null, ended_at integer, failure text, result text, result_path text, end_event text) without rowid`,
  'create index requests_operation on requests (operation, id)',
  'create index requests_state on requests (state, id)',
  'create index requests_correlation on requests (correlation)',
  'create index requests_registration on requests (registration, id)',
  `create table parts (id text primary key, request text not null, idx integer not null, key text not null, document text not null,
    state text not null, attempt integer not null, token text, run_id text, run_page_url text, parked_at integer not null, granted_at integer,
    submitted_at integer, ended_at integer, failure text, waiting text, cancel integer not null, log text) without rowid`,
  'create index parts_request on parts (request, idx)',
  `create table runs (part text not null, attempt integer not null, request text not null, run_id text not null, run_page_url text,
    state text not null, started_at integer not null, ended_at integer, run_ms integer, primary key (part, attempt)) without rowid`,
  'create index runs_run on runs (run_id)',
  `create table builds (id text primary key, correlation text not null, pipeline text not null, revision integer, source text not null,
    purpose text not null, push text, principal text not null, language text, driver text, state text not null, created_at integer not null,
    ended_at integer, failure text, found text not null, artifact text) without rowid`,
  'create index builds_pipeline on builds (pipeline, id)',
  'create index builds_correlation on builds (correlation)',
  'create index builds_push on builds (push) where push is not null',
  'create index builds_artifact on builds (artifact) where artifact is not null',
  `create table deliveries (ms integer not null, n integer not null, request text, url text not null, sent integer not null, status integer,
    attempt integer not null, failure text, primary key (ms, n)) without rowid`,
  'create index deliveries_request on deliveries (request)',
  `create table hand_limits (dimension text primary key, "limit" integer not null, "by" text not null, reason text not null,
    at integer not null) without rowid`,
  `create table pipelines (name text not null, revision integer not null, file text not null, text text not null, origin text not null,
    "by" text not null, at integer not null, primary key (name, revision)) without rowid`,
  `create table registrations (seq integer primary key autoincrement, id text not null unique, pipeline text not null, target text not null,
    settings_digest text, build text not null, correlation text not null, artifact text not null, primary_file text not null, doc text not null)`,
  'create index registrations_target on registrations (pipeline, target, seq)',
  'create index registrations_build on registrations (build)',
  'create index registrations_artifact on registrations (artifact)',
  'create index registrations_primary on registrations (primary_file)',
  `create table tokens (id text primary key, prefix text not null unique, hash blob not null, name text not null, scopes text not null,
    created_at integer not null, expires_at integer, revoked_at integer) without rowid`,
];

async function runAll(db: Parameters<Migration['up']>[0], statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
