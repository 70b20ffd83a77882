import type { Registration, RegistrationStore } from '@slowlane/contracts';
import type { Kysely } from 'kysely';
import type { Database } from './database.ts';
import { freshFor } from './fresh-for.ts';
import type { Databases } from './open-database.ts';

/** How long another process' registration may stay unseen here. */
const CACHE_MS = 500;

/** Registrations kept parsed: every request asks for its own. */
const MOST_KEPT = 2_000;

/** Registered jobs. `put` of a known id returns the stored one; one that is stored never changes, and callers share it. */
export function createRegistrationStore({ read, exclusive }: Databases): RegistrationStore {
  const currentOf = freshFor<Registration | undefined>(CACHE_MS);
  const known = new Map<string, Registration>();

  async function get(id: string): Promise<Registration | undefined> {
    const kept = known.get(id);
    if (kept !== undefined) return kept;
    const stored = await byId(read, id);
    if (stored === undefined) return undefined;
    if (known.size >= MOST_KEPT) known.clear();
    known.set(id, stored);
    return stored;
  }
  return {
    async put(registration) {
      const stored = await exclusive(`registration/${registration.id}`, (db) => put(db, registration));
      currentOf.forget(keyOf(registration.pipeline, registration.target));
      return stored;
    },
    get,
    current: (pipeline, target) =>
      currentOf.get(keyOf(pipeline, target), async () => {
        const row = await ofTarget(read, pipeline, target).executeTakeFirst();
        return row === undefined ? undefined : (JSON.parse(row.doc) as Registration);
      }),
    async recent(pipeline, target, limit) {
      const rows = await ofTarget(read, pipeline, target).limit(limit).execute();
      return rows.map(({ doc }) => JSON.parse(doc) as Registration);
    },
    async find(pipeline, target, settingsDigest) {
      const row = await ofTarget(read, pipeline, target)
        .where('settings_digest', '=', settingsDigest)
        .executeTakeFirst();
      return row === undefined ? undefined : (JSON.parse(row.doc) as Registration);
    },
  };
}

function keyOf(pipeline: string, target: string): string {
  return `${pipeline} ${target}`;
}

async function put(db: Kysely<Database>, given: Parameters<RegistrationStore['put']>[0]): Promise<Registration> {
  const known = await byId(db, given.id);
  if (known !== undefined) return known;
  const registration: Registration = { ...given, at: Date.now() };
  await db
    .insertInto('registrations')
    .values({
      id: given.id,
      pipeline: given.pipeline,
      target: given.target,
      settings_digest: given.settingsDigest ?? null,
      build: given.buildId,
      correlation: given.correlationId,
      artifact: given.set.digest,
      primary_file: given.set.primary.digest,
      job: given.jobId,
      doc: JSON.stringify(registration),
    })
    .execute();
  return registration;
}

async function byId(db: Kysely<Database>, id: string): Promise<Registration | undefined> {
  const row = await db.selectFrom('registrations').select('doc').where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : (JSON.parse(row.doc) as Registration);
}

function ofTarget(db: Kysely<Database>, pipeline: string, target: string) {
  return db
    .selectFrom('registrations')
    .select('doc')
    .where('pipeline', '=', pipeline)
    .where('target', '=', target)
    .orderBy('seq', 'desc')
    .limit(1);
}
