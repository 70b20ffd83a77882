import type { DatabaseSync } from 'node:sqlite';

/** What is known of a volume beside its folder. Times are epoch ms. */
export interface VolumeRecord {
  volumeId: string;
  comment?: string | undefined;
  owner: string;
  createdAt: number;
  createdBy: string;
  updatedAt: number;
  updatedBy: string;
}

export interface VolumeStore {
  get(fullName: string): VolumeRecord | undefined;
  put(fullName: string, record: VolumeRecord): void;
  remove(fullName: string): void;
}

export function openVolumeStore(database: DatabaseSync): VolumeStore {
  database.exec(
    'CREATE TABLE IF NOT EXISTS volumes (full_name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID',
  );
  const select = database.prepare('SELECT record FROM volumes WHERE full_name = ?');
  const save = database.prepare(
    'INSERT INTO volumes (full_name, record) VALUES (?, ?) ON CONFLICT (full_name) DO UPDATE SET record = excluded.record',
  );
  const remove = database.prepare('DELETE FROM volumes WHERE full_name = ?');
  return {
    get(fullName) {
      const row = select.get(fullName) as { record: string } | undefined;
      return row === undefined ? undefined : (JSON.parse(row.record) as VolumeRecord);
    },
    put: (fullName, record) => void save.run(fullName, JSON.stringify(record)),
    remove: (fullName) => void remove.run(fullName),
  };
}
