import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '../store/database.ts';

export const logNames = ['stdout', 'stderr', 'log4j-active.log'] as const;
export type LogName = (typeof logNames)[number];
/** Bytes by name; a missing one is 0. */
export type LogSizes = Partial<Record<LogName, number>>;

/** A task run whose logs are not yet delivered to their end. */
export interface LogDeliveryRecord {
  taskRunId: number;
  clusterId: string;
  destination: string;
  /** How much of its own files was delivered. */
  delivered: LogSizes;
}

export interface LogDeliveryStore {
  begin(record: Omit<LogDeliveryRecord, 'delivered'>): void;
  get(taskRunId: number): LogDeliveryRecord | undefined;
  list(): LogDeliveryRecord[];
  /** Sizes of the files of a cluster, as far as what they hold is written down. */
  sizes(clusterId: string): LogSizes;
  /** Both numbers at once, so that a crash in between delivers the same bytes to the same place. */
  advance(record: LogDeliveryRecord, sizes: LogSizes): void;
  end(taskRunId: number): void;
}

export function openLogDeliveryStore(database: DatabaseSync): LogDeliveryStore {
  database.exec(schema);
  const fields = 'task_run_id AS taskRunId, cluster_id AS clusterId, destination, delivered';
  const sql = {
    begin: database.prepare("INSERT OR IGNORE INTO log_deliveries VALUES (?, ?, ?, '{}')"),
    get: database.prepare(`SELECT ${fields} FROM log_deliveries WHERE task_run_id = ?`),
    list: database.prepare(`SELECT ${fields} FROM log_deliveries ORDER BY task_run_id`),
    sizes: database.prepare('SELECT sizes FROM log_files WHERE cluster_id = ?'),
    saveSizes: database.prepare('INSERT OR REPLACE INTO log_files VALUES (?, ?)'),
    saveDelivered: database.prepare('UPDATE log_deliveries SET delivered = ? WHERE task_run_id = ?'),
    end: database.prepare('DELETE FROM log_deliveries WHERE task_run_id = ?'),
  };
  return {
    begin: ({ taskRunId, clusterId, destination }) => void sql.begin.run(taskRunId, clusterId, destination),
    get(taskRunId) {
      const row = sql.get.get(taskRunId);
      return row === undefined ? undefined : recordOf(row);
    },
    list: () => sql.list.all().map(recordOf),
    sizes: (clusterId) => JSON.parse((sql.sizes.get(clusterId)?.['sizes'] as string | undefined) ?? '{}') as LogSizes,
    advance({ taskRunId, clusterId, delivered }, sizes) {
      inTransaction(database, () => {
        sql.saveSizes.run(clusterId, JSON.stringify(sizes));
        sql.saveDelivered.run(JSON.stringify(delivered), taskRunId);
      });
    },
    end: (taskRunId) => void sql.end.run(taskRunId),
  };
}

function recordOf(row: Record<string, unknown>): LogDeliveryRecord {
  return { ...(row as unknown as LogDeliveryRecord), delivered: JSON.parse(row['delivered'] as string) as LogSizes };
}

const schema = `
CREATE TABLE IF NOT EXISTS log_deliveries (
  task_run_id INTEGER PRIMARY KEY, cluster_id TEXT NOT NULL, destination TEXT NOT NULL, delivered TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS log_files (cluster_id TEXT PRIMARY KEY, sizes TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;
