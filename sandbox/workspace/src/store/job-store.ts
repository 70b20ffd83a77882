import type { DatabaseSync } from 'node:sqlite';
import type { JobSettings } from '../jobs/schema.ts';
import { newNumericId } from './new-id.ts';
import { makePage, type Page, type PageRequest } from './page.ts';

export interface JobRecord {
  jobId: number;
  settings: JobSettings;
  /** Epoch milliseconds. */
  createdAt: number;
}

export interface JobStore {
  create(settings: JobSettings, now: number): number;
  /** `undefined` for a job that never was or was deleted. */
  get(jobId: number): JobRecord | undefined;
  /** Not deleted. */
  count(): number;
  /** Deleted ones too. */
  countCreatedSince(since: number): number;
  replace(jobId: number, settings: JobSettings): void;
  delete(jobId: number, now: number): void;
  /** After every job that is made, changed or deleted. */
  onChange(listener: (jobId: number) => void): void;
  /** Newest first; `name` is exact but for its case. */
  list(request: PageRequest & { name?: string | undefined }): Page<JobRecord>;
}

const columns = 'job_id AS jobId, settings, created_at AS createdAt';

export function openJobStore(database: DatabaseSync): JobStore {
  const select = database.prepare(`SELECT ${columns} FROM jobs WHERE job_id = ? AND deleted_at IS NULL`);
  const exists = database.prepare('SELECT 1 FROM jobs WHERE job_id = ? UNION ALL SELECT 1 FROM runs WHERE job_id = ?1');
  const insert = database.prepare('INSERT INTO jobs (job_id, name, created_at, settings) VALUES (?, ?, ?, ?)');
  const update = database.prepare('UPDATE jobs SET name = ?, settings = ? WHERE job_id = ?');
  const remove = database.prepare('UPDATE jobs SET deleted_at = ? WHERE job_id = ? AND deleted_at IS NULL');
  const countAll = database.prepare('SELECT count(*) AS n FROM jobs WHERE deleted_at IS NULL');
  const countSince = database.prepare('SELECT count(*) AS n FROM jobs WHERE created_at > ?');
  const changed: ((jobId: number) => void)[] = [];
  const tell = (jobId: number): void => changed.forEach((listener) => listener(jobId));
  return {
    onChange: (listener) => void changed.push(listener),
    count: () => (countAll.get() as { n: number }).n,
    countCreatedSince: (since) => (countSince.get(since) as { n: number }).n,
    create(settings, now) {
      const jobId = newNumericId((id) => exists.get(id) !== undefined);
      insert.run(jobId, searchName(settings), now, JSON.stringify(settings));
      tell(jobId);
      return jobId;
    },
    get(jobId) {
      const row = select.get(jobId);
      return row === undefined ? undefined : recordOf(row);
    },
    replace(jobId, settings) {
      update.run(searchName(settings), JSON.stringify(settings), jobId);
      tell(jobId);
    },
    delete(jobId, now) {
      remove.run(now, jobId);
      tell(jobId);
    },
    list: (request) => listJobs(database, request),
  };
}

function listJobs(database: DatabaseSync, request: PageRequest & { name?: string | undefined }): Page<JobRecord> {
  const upwards = request.from?.direction === 'before';
  const place = request.from?.place ?? { key: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER };
  const rows = database
    .prepare(
      `SELECT ${columns} FROM jobs WHERE deleted_at IS NULL AND (? IS NULL OR name = ?1)
       AND (created_at, job_id) ${upwards ? '>' : '<'} (?, ?)
       ORDER BY created_at ${upwards ? 'ASC' : 'DESC'}, job_id ${upwards ? 'ASC' : 'DESC'} LIMIT ?`,
    )
    .all(request.name?.toLowerCase() ?? null, place.key, place.id, request.limit + 1);
  return makePage(rows.map(recordOf), request, (job) => ({ key: job.createdAt, id: job.jobId }));
}

/** The name column is for searching alone: in lower case by the rules of Unicode, which SQLite's own `lower` does not know. */
function searchName(settings: JobSettings): string {
  return (settings.name ?? 'Untitled').toLowerCase();
}

function recordOf(row: Record<string, unknown>): JobRecord {
  return {
    jobId: row.jobId as number,
    settings: JSON.parse(row.settings as string),
    createdAt: row.createdAt as number,
  };
}
