import { DatabaseSync } from 'node:sqlite';

/**
 * Opens the workspace's own file. Every commit is on the disk before it returns (`synchronous = FULL`): an answer that names a run
 * must not outlive the run.
 */
export function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
  database.exec(schema);
  for (const [table, columns] of Object.entries(laterColumns)) addColumns(database, table, columns);
  database.exec(laterSchema);
  return database;
}

/** All or nothing; the lock is taken at the start, so that what was read still holds at the commit. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** Columns that files of earlier versions do not have. */
function addColumns(database: DatabaseSync, table: string, columns: readonly string[]): void {
  const known = new Set(
    database
      .prepare(`SELECT name FROM pragma_table_info('${table}')`)
      .all()
      .map((row) => row.name),
  );
  for (const column of columns)
    if (!known.has(column.split(' ')[0] as string)) database.exec(`ALTER TABLE ${table} ADD COLUMN ${column}`);
}

const laterColumns: Record<string, readonly string[]> = {
  runs: ['run_trigger TEXT', 'parent_task_run_id INTEGER', 'repair_id INTEGER', 'repaired_at INTEGER'],
  tasks: [
    ...['attempt INTEGER', 'retries INTEGER', 'original_run_id INTEGER', 'repair_id INTEGER', 'superseded INTEGER'],
    ...['not_before INTEGER', 'parent_run_id INTEGER', 'iteration INTEGER', 'input TEXT', 'lost_outcome TEXT'],
  ],
};

const laterSchema = `
CREATE INDEX IF NOT EXISTS runs_of_parent ON runs (parent_task_run_id) WHERE parent_task_run_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS tasks_of_parent ON tasks (parent_run_id, iteration) WHERE parent_run_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS run_history (
  run_id INTEGER NOT NULL, position INTEGER NOT NULL, repair_id INTEGER, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
  outcome TEXT NOT NULL, PRIMARY KEY (run_id, position)
) STRICT;
`;

const schema = `
CREATE TABLE IF NOT EXISTS jobs (
  job_id INTEGER PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL, settings TEXT NOT NULL, deleted_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_newest ON jobs (created_at, job_id);
CREATE TABLE IF NOT EXISTS runs (
  run_id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL, run_type TEXT NOT NULL, name TEXT NOT NULL, settings TEXT NOT NULL,
  parameters TEXT NOT NULL, overrides TEXT NOT NULL, phase TEXT NOT NULL, queue_code TEXT, accepted_at INTEGER NOT NULL,
  unqueued_at INTEGER, started_at INTEGER, ended_at INTEGER, cancel_cause TEXT, cancelled_at INTEGER, outcome TEXT, deleted_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS runs_active ON runs (phase) WHERE phase <> 'ended';
CREATE INDEX IF NOT EXISTS runs_newest ON runs (coalesce(ended_at, accepted_at), run_id);
CREATE INDEX IF NOT EXISTS runs_of_job ON runs (job_id, coalesce(ended_at, accepted_at), run_id);
CREATE TABLE IF NOT EXISTS tasks (
  run_id INTEGER PRIMARY KEY, job_run_id INTEGER NOT NULL, position INTEGER NOT NULL, task_key TEXT NOT NULL, phase TEXT NOT NULL,
  start_attempt INTEGER NOT NULL, accepted_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, cancel_cause TEXT,
  cancelled_at INTEGER, outcome TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS tasks_of_run ON tasks (job_run_id, position);
CREATE INDEX IF NOT EXISTS tasks_active ON tasks (phase) WHERE phase <> 'ended';
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, run_id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;
