import type { DatabaseSync } from 'node:sqlite';
import type { Library } from '../jobs/schema.ts';

export type LibraryStatus =
  'PENDING' | 'RESOLVING' | 'INSTALLING' | 'INSTALLED' | 'RESTORED' | 'SKIPPED' | 'FAILED' | 'UNINSTALL_ON_RESTART';

export interface LibraryRecord {
  clusterId: string;
  key: string;
  library: Library;
  status: LibraryStatus;
  messages: string[];
  /** Epoch milliseconds of its last failure. */
  failedAt?: number;
  /** The life of the cluster that loaded it; 0 before any did. */
  generation: number;
  /** What a driver is given instead, by the paths of its sandbox. */
  loaded: Library[];
}

export interface LibraryStore {
  of(clusterId: string): LibraryRecord[];
  get(clusterId: string, key: string): LibraryRecord | undefined;
  save(record: LibraryRecord): void;
  remove(clusterId: string, key?: string): void;
  clusterIds(): string[];
}

export function openLibraryStore(database: DatabaseSync): LibraryStore {
  database.exec(
    'CREATE TABLE IF NOT EXISTS cluster_libraries (cluster_id TEXT NOT NULL, key TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (cluster_id, key)) STRICT',
  );
  const sql = {
    of: database.prepare('SELECT record FROM cluster_libraries WHERE cluster_id = ? ORDER BY rowid'),
    get: database.prepare('SELECT record FROM cluster_libraries WHERE cluster_id = ? AND key = ?'),
    save: database.prepare(
      `INSERT INTO cluster_libraries (cluster_id, key, record) VALUES (?, ?, ?)
       ON CONFLICT (cluster_id, key) DO UPDATE SET record = excluded.record`,
    ),
    remove: database.prepare('DELETE FROM cluster_libraries WHERE cluster_id = ?1 AND (?2 IS NULL OR key = ?2)'),
    ids: database.prepare('SELECT DISTINCT cluster_id AS id FROM cluster_libraries ORDER BY 1'),
  };
  const recordOf = (row: unknown): LibraryRecord => JSON.parse((row as { record: string }).record) as LibraryRecord;
  return {
    of: (clusterId) => sql.of.all(clusterId).map(recordOf),
    get(clusterId, key) {
      const row = sql.get.get(clusterId, key);
      return row === undefined ? undefined : recordOf(row);
    },
    save: (record) => void sql.save.run(record.clusterId, record.key, JSON.stringify(record)),
    remove: (clusterId, key) => void sql.remove.run(clusterId, key ?? null),
    clusterIds: () => (sql.ids.all() as { id: string }[]).map(({ id }) => id),
  };
}
