import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { type DatabaseKind, migrationsFor } from '../migrations.ts';
import { type DatabaseLocation, openDatabase } from '../open-database.ts';

/** Newest first: what each migration added, to be taken away again. */
const added = [
  { name: '0007-costs', indexes: [], columns: { requests: ['cost'], parts: ['estimate', 'cost'] } },
  {
    name: '0006-tenants',
    indexes: ['requests_tenant'],
    columns: { requests: ['tenant', 'not_before', 'deadline', 'priority'] },
  },
] as const;

/** A ledger as it was before a migration, with all its rows: the columns of it and of later ones are gone, and the notes that they were made. */
export async function undoMigrations(
  location: DatabaseLocation,
  { kind, downTo }: { kind: DatabaseKind; downTo: (typeof added)[number]['name'] },
): Promise<void> {
  const old = await openDatabase(location);
  const undone = added.slice(0, added.findIndex(({ name }) => name === downTo) + 1);
  for (const { name, indexes, columns } of undone) {
    for (const index of indexes) await old.write.schema.dropIndex(index).execute();
    for (const [table, names] of Object.entries(columns))
      for (const column of names) await old.write.schema.alterTable(table).dropColumn(column).execute();
    await sql`delete from kysely_migration where name = ${name}`.execute(old.write);
  }
  const migrator = new Migrator({ db: old.write, provider: { getMigrations: async () => migrationsFor(kind) } });
  const open = (await migrator.getMigrations()).filter(({ executedAt }) => executedAt === undefined);
  await old.close();
  if (open.length !== undone.length) throw new Error(`${open.length} migrations are open, not ${undone.length}`);
}
