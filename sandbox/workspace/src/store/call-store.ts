import { DatabaseSync } from 'node:sqlite';

export interface Call {
  /** Epoch milliseconds of arrival. */
  at: number;
  method: string;
  path: string;
  /** The route's pattern; empty when no route matched. */
  route: string;
  /** 0 when the connection was cut before an answer. */
  status: number;
  fault: string | null;
  /** Idempotency token that the call carried. */
  token: string | null;
  runId: number | null;
  jobId: number | null;
}

export interface CallStore {
  add(call: Call): void;
  /** Oldest first, with rising numbers. */
  list(after: number, limit: number): (Call & { number: number })[];
  close(): void;
}

const kept = 200_000;

/**
 * The record of every call, apart from the state: its commits are not forced to the disk (`synchronous = NORMAL` with WAL), so they
 * survive a kill of this process but cost a poll of a run no fsync. Only the newest 200,000 are kept.
 */
export function openCallStore(file: string): CallStore {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;');
  database.exec(schema);
  const insert = database.prepare(
    'INSERT INTO calls (at, method, path, route, status, fault, token, run_id, job_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const select = database.prepare(
    `SELECT number, at, method, path, route, status, fault, token, run_id AS runId, job_id AS jobId
     FROM calls WHERE number > ? ORDER BY number LIMIT ?`,
  );
  const prune = database.prepare('DELETE FROM calls WHERE number <= ?');
  return {
    add(call) {
      const { at, method, path, route, status, fault, token, runId, jobId } = call;
      const number = Number(insert.run(at, method, path, route, status, fault, token, runId, jobId).lastInsertRowid);
      if (number % 1_000 === 0) prune.run(number - kept);
    },
    list: (after, limit) => select.all(after, limit) as unknown as (Call & { number: number })[],
    close: () => database.close(),
  };
}

const schema = `
CREATE TABLE IF NOT EXISTS calls (
  number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, route TEXT NOT NULL,
  status INTEGER NOT NULL, fault TEXT, token TEXT, run_id INTEGER, job_id INTEGER
) STRICT`;
