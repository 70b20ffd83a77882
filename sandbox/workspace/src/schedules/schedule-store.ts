import type { DatabaseSync } from 'node:sqlite';
import type { StartRule } from './next-start.ts';

/** A job that is started by itself, and when next. Times are epoch milliseconds. */
export interface ScheduleRecord {
  jobId: number;
  rule: StartRule;
  /** `null` = never again. Of a continuous job: not before then. */
  nextAt: number | null;
  /** The latest run of a continuous job, and how many failed in a row up to it. */
  lastRunId: number | null;
  failures: number;
}

export interface ScheduleStore {
  get(jobId: number): ScheduleRecord | undefined;
  save(record: ScheduleRecord): void;
  remove(jobId: number): void;
  /** Whose time has come, the earliest first. */
  due(now: number): ScheduleRecord[];
  list(): ScheduleRecord[];
  /** Jobs that are there and have settings of this kind, paused or not. */
  jobsWithTriggers(): number[];
}

export function openScheduleStore(database: DatabaseSync): ScheduleStore {
  database.exec(schema);
  const fields = 'job_id AS jobId, rule, next_at AS nextAt, last_run_id AS lastRunId, failures';
  const get = database.prepare(`SELECT ${fields} FROM job_schedules WHERE job_id = ?`);
  const save = database.prepare('INSERT OR REPLACE INTO job_schedules VALUES (?, ?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM job_schedules WHERE job_id = ?');
  const due = database.prepare(`SELECT ${fields} FROM job_schedules WHERE next_at <= ? ORDER BY next_at`);
  const list = database.prepare(`SELECT ${fields} FROM job_schedules`);
  const withTriggers = database.prepare(
    `SELECT job_id AS jobId FROM jobs WHERE deleted_at IS NULL
     AND coalesce(settings ->> '$.schedule', settings ->> '$.continuous', settings ->> '$.trigger') IS NOT NULL`,
  );
  return {
    get(jobId) {
      const row = get.get(jobId);
      return row === undefined ? undefined : recordOf(row);
    },
    save: ({ jobId, rule, nextAt, lastRunId, failures }) =>
      void save.run(jobId, JSON.stringify(rule), nextAt, lastRunId, failures),
    remove: (jobId) => void remove.run(jobId),
    due: (now) => due.all(now).map(recordOf),
    list: () => list.all().map(recordOf),
    jobsWithTriggers: () => withTriggers.all().map((row) => row['jobId'] as number),
  };
}

function recordOf(row: Record<string, unknown>): ScheduleRecord {
  return { ...(row as unknown as ScheduleRecord), rule: JSON.parse(row['rule'] as string) as StartRule };
}

const schema = `
CREATE TABLE IF NOT EXISTS job_schedules (
  job_id INTEGER PRIMARY KEY, rule TEXT NOT NULL, next_at INTEGER, last_run_id INTEGER, failures INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS job_schedules_due ON job_schedules (next_at);
`;
