import type { PipelineFile, PipelineRevision, PipelineStore } from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';
import type { Kysely, Selectable } from 'kysely';
import type { Database } from './database.ts';
import { freshFor } from './fresh-for.ts';
import type { Databases } from './open-database.ts';

type Row = Selectable<Database['pipelines']>;

/** Revisions kept parsed, so that a request costs a look at the newest number only. */
const MOST_KEPT = 2_000;

/** How long another process' new revision may stay unseen here: as with tokens, less than anybody notices. */
const CACHE_MS = 500;

/** Pipeline files by name and revision; a revision never changes, and callers share it. */
export function createPipelineStore({ read, exclusive }: Databases): PipelineStore {
  const known = new Map<string, PipelineRevision>();
  const newestOf = freshFor<number | undefined>(CACHE_MS);

  async function get(name: string, number: number): Promise<PipelineRevision | undefined> {
    const key = `${name} ${number}`;
    const kept = known.get(key);
    if (kept !== undefined) return kept;
    const row = await one(read, name, number);
    if (row === undefined) return undefined;
    if (known.size >= MOST_KEPT) known.clear();
    known.set(key, revisionOf(row));
    return known.get(key);
  }

  return {
    async put(revision) {
      const stored = await exclusive(`pipeline/${revision.name}`, (db) => put(db, revision));
      newestOf.forget(revision.name);
      return stored;
    },
    async get(name, revision) {
      const number = revision ?? (await newestOf.get(name, () => newestNumber(read, name)));
      return number === undefined ? undefined : get(name, number);
    },
    async list() {
      const rows = await read
        .selectFrom('pipelines')
        .selectAll()
        .where(({ eb, selectFrom }) =>
          eb(
            'revision',
            '=',
            selectFrom('pipelines as other')
              .select(({ fn }) => fn.max('other.revision').as('newest'))
              .whereRef('other.name', '=', 'pipelines.name'),
          ),
        )
        .orderBy('name')
        .execute();
      return rows.map(revisionOf);
    },
  };
}

async function put(db: Kysely<Database>, given: Parameters<PipelineStore['put']>[0]): Promise<PipelineRevision> {
  const last = await newest(db, given.name);
  const file = canonicalJson(given.file);
  // Both: the text may differ in a comment alone, and the same text reads differently once a default has changed.
  if (last !== undefined && last.text === given.text && last.file === file) return revisionOf(last);
  const row: Row = { ...given, file, revision: (last?.revision ?? 0) + 1, at: Date.now() };
  await db.insertInto('pipelines').values(row).execute();
  return revisionOf(row);
}

async function newestNumber(db: Kysely<Database>, name: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('pipelines')
    .select('revision')
    .where('name', '=', name)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.revision;
}

function newest(db: Kysely<Database>, name: string): Promise<Row | undefined> {
  return db
    .selectFrom('pipelines')
    .selectAll()
    .where('name', '=', name)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst();
}

function one(db: Kysely<Database>, name: string, revision: number): Promise<Row | undefined> {
  return db
    .selectFrom('pipelines')
    .selectAll()
    .where('name', '=', name)
    .where('revision', '=', revision)
    .executeTakeFirst();
}

function revisionOf({ name, revision, file, text, origin, by, at }: Row): PipelineRevision {
  return { name, revision, file: JSON.parse(file) as PipelineFile, text, origin, by, at };
}
