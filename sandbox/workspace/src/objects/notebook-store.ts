import type { DatabaseSync } from 'node:sqlite';

export type ObjectLanguage = 'PYTHON' | 'SCALA' | 'SQL' | 'R';

/** Which workspace objects are notebooks, and of what language. Their text lies in the objects folder, always in source format. */
export interface NotebookStore {
  /** `path` as the API shows it: `/Users/x/report`, without `/Workspace`. */
  language(path: string): ObjectLanguage | undefined;
  put(path: string, language: ObjectLanguage): void;
  /** With everything below it. */
  remove(path: string): void;
}

export function openNotebookStore(database: DatabaseSync): NotebookStore {
  database.exec(
    'CREATE TABLE IF NOT EXISTS notebooks (path TEXT PRIMARY KEY, language TEXT NOT NULL) STRICT, WITHOUT ROWID',
  );
  const select = database.prepare('SELECT language FROM notebooks WHERE path = ?');
  const insert = database.prepare('INSERT OR REPLACE INTO notebooks (path, language) VALUES (?, ?)');
  // '0' follows '/': the range holds exactly what lies below the path.
  const remove = database.prepare("DELETE FROM notebooks WHERE path = ?1 OR (path > ?1 || '/' AND path < ?1 || '0')");
  return {
    language: (path) => (select.get(path) as { language: ObjectLanguage } | undefined)?.language,
    put: (path, language) => void insert.run(path, language),
    remove: (path) => void remove.run(path),
  };
}
