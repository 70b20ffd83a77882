import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

export interface StoredDocument {
  id: string;
  createdAt: number;
  body: Record<string, unknown>;
}

/** Cluster policies, instance pools or notification destinations: what a user wrote, by id. */
export interface DocumentStore {
  create(body: Record<string, unknown>, now: number): string;
  get(id: string): StoredDocument | undefined;
  replace(id: string, body: Record<string, unknown>): void;
  remove(id: string): void;
  /** Oldest first. */
  list(): StoredDocument[];
}

export function openDocumentStore(
  database: DatabaseSync,
  table: 'cluster_policies' | 'instance_pools' | 'notification_destinations',
): DocumentStore {
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${table} (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, body TEXT NOT NULL) STRICT`,
  );
  const insert = database.prepare(`INSERT INTO ${table} VALUES (?, ?, ?)`);
  const select = database.prepare(`SELECT * FROM ${table} WHERE id = ?`);
  const update = database.prepare(`UPDATE ${table} SET body = ? WHERE id = ?`);
  const remove = database.prepare(`DELETE FROM ${table} WHERE id = ?`);
  const all = database.prepare(`SELECT * FROM ${table} ORDER BY created_at, rowid`);
  return {
    create(body, now) {
      const id = randomBytes(8).toString('hex').toUpperCase();
      insert.run(id, now, JSON.stringify(body));
      return id;
    },
    get(id) {
      const row = select.get(id);
      return row === undefined ? undefined : documentOf(row);
    },
    replace: (id, body) => void update.run(JSON.stringify(body), id),
    remove: (id) => void remove.run(id),
    list: () => all.all().map(documentOf),
  };
}

function documentOf(row: Record<string, unknown>): StoredDocument {
  return {
    id: row['id'] as string,
    createdAt: row['created_at'] as number,
    body: JSON.parse(row['body'] as string) as Record<string, unknown>,
  };
}
