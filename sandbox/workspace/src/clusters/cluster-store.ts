import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { ClusterEvent, ClusterRecord, PartRecord } from './cluster-record.ts';

export interface PlacedTask {
  taskRunId: number;
  clusterId: string;
  sparkContextId: string;
  isActive: boolean;
}

export interface ClusterStore {
  newId(now: number): string;
  get(clusterId: string): ClusterRecord | undefined;
  /** The cluster of a run under this key, when it was made. */
  ofRun(runId: number, key: string): ClusterRecord | undefined;
  clustersOfRun(runId: number): ClusterRecord[];
  save(cluster: ClusterRecord): void;
  remove(clusterId: string): void;
  /** Newest first. */
  list(): ClusterRecord[];
  listLive(): ClusterRecord[];
  addEvent(event: ClusterEvent): void;
  events(clusterId: string): ClusterEvent[];
  savePart(part: PartRecord): void;
  removePart(sandboxId: string): void;
  /** Oldest first: a cluster that is made smaller loses its newest workers. */
  parts(clusterId?: string): PartRecord[];
  place(task: Omit<PlacedTask, 'isActive'>): void;
  placed(taskRunId: number): PlacedTask | undefined;
  release(taskRunId: number): void;
  /** Tasks that have a place on the cluster and have not ended. */
  activeOn(clusterId: string): number[];
}

export function openClusterStore(database: DatabaseSync): ClusterStore {
  database.exec(schema);
  const sql = {
    get: database.prepare('SELECT record FROM clusters WHERE cluster_id = ?'),
    ofRun: database.prepare('SELECT record FROM clusters WHERE run_id = ?'),
    save: database.prepare(
      `INSERT INTO clusters (cluster_id, state, created_at, run_id, record) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (cluster_id) DO UPDATE SET state = excluded.state, record = excluded.record`,
    ),
    remove: database.prepare('DELETE FROM clusters WHERE cluster_id = ?'),
    list: database.prepare('SELECT record FROM clusters ORDER BY created_at DESC, cluster_id DESC'),
    live: database.prepare("SELECT record FROM clusters WHERE state NOT IN ('TERMINATED', 'ERROR', 'UNKNOWN')"),
    addEvent: database.prepare('INSERT INTO cluster_events (cluster_id, at, type, details) VALUES (?, ?, ?, ?)'),
    events: database.prepare('SELECT * FROM cluster_events WHERE cluster_id = ? ORDER BY id'),
    savePart: database.prepare(
      `INSERT INTO cluster_parts (sandbox_id, cluster_id, record) VALUES (?, ?, ?)
       ON CONFLICT (sandbox_id) DO UPDATE SET record = excluded.record`,
    ),
    removePart: database.prepare('DELETE FROM cluster_parts WHERE sandbox_id = ?'),
    parts: database.prepare('SELECT record FROM cluster_parts WHERE ?1 IS NULL OR cluster_id = ?1 ORDER BY rowid'),
    place: database.prepare('INSERT OR REPLACE INTO cluster_tasks VALUES (?, ?, ?, 1)'),
    placed: database.prepare('SELECT * FROM cluster_tasks WHERE task_run_id = ?'),
    release: database.prepare('UPDATE cluster_tasks SET active = 0 WHERE task_run_id = ?'),
    activeOn: database.prepare('SELECT task_run_id AS id FROM cluster_tasks WHERE cluster_id = ? AND active = 1'),
  };
  const clusterOf = (row: unknown): ClusterRecord | undefined =>
    row === undefined ? undefined : (JSON.parse((row as { record: string }).record) as ClusterRecord);
  const clustersOf = (rows: unknown[]): ClusterRecord[] => rows.map((row) => clusterOf(row) as ClusterRecord);
  const get = (clusterId: string): ClusterRecord | undefined => clusterOf(sql.get.get(clusterId));
  const clustersOfRun = (runId: number): ClusterRecord[] => clustersOf(sql.ofRun.all(runId));
  return {
    newId: (now) => newClusterId(now, (id) => get(id) !== undefined),
    get,
    clustersOfRun,
    ofRun: (runId, key) => clustersOfRun(runId).find((cluster) => cluster.owner?.key === key),
    save: (cluster) =>
      void sql.save.run(
        ...[cluster.clusterId, cluster.state, cluster.createdAt, cluster.owner?.runId ?? null],
        JSON.stringify(cluster),
      ),
    remove: (clusterId) => void sql.remove.run(clusterId),
    list: () => clustersOf(sql.list.all()),
    listLive: () => clustersOf(sql.live.all()),
    addEvent: ({ clusterId, at, type, details }) => void sql.addEvent.run(clusterId, at, type, JSON.stringify(details)),
    events: (clusterId) => sql.events.all(clusterId).map(eventOf),
    savePart: (part) => void sql.savePart.run(part.sandboxId, part.clusterId, JSON.stringify(part)),
    removePart: (sandboxId) => void sql.removePart.run(sandboxId),
    parts: (clusterId) =>
      sql.parts.all(clusterId ?? null).map((row) => JSON.parse((row as { record: string }).record) as PartRecord),
    place: (task) => void sql.place.run(task.taskRunId, task.clusterId, task.sparkContextId),
    placed(taskRunId) {
      const row = sql.placed.get(taskRunId) as Record<string, string | number> | undefined;
      if (row === undefined) return undefined;
      return {
        taskRunId,
        clusterId: row['cluster_id'] as string,
        sparkContextId: row['spark_context_id'] as string,
        isActive: row['active'] === 1,
      };
    },
    release: (taskRunId) => void sql.release.run(taskRunId),
    activeOn: (clusterId) => (sql.activeOn.all(clusterId) as { id: number }[]).map(({ id }) => id),
  };
}

/** Like the service's ids: date, time, eight letters and digits. */
function newClusterId(now: number, isTaken: (id: string) => boolean): string {
  const [date, time] = new Date(now).toISOString().split('T') as [string, string];
  for (;;) {
    const id = `${date.slice(5, 7)}${date.slice(8, 10)}-${time.slice(0, 8).replaceAll(':', '')}-${randomBytes(4).toString('hex')}`;
    if (!isTaken(id)) return id;
  }
}

function eventOf(row: Record<string, unknown>): ClusterEvent {
  return {
    clusterId: row['cluster_id'] as string,
    at: row['at'] as number,
    type: row['type'] as string,
    details: JSON.parse(row['details'] as string) as Record<string, unknown>,
  };
}

const schema = `
CREATE TABLE IF NOT EXISTS clusters (
  cluster_id TEXT PRIMARY KEY, state TEXT NOT NULL, created_at INTEGER NOT NULL, run_id INTEGER, record TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS clusters_of_run ON clusters (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS clusters_live ON clusters (state) WHERE state NOT IN ('TERMINATED', 'ERROR', 'UNKNOWN');
CREATE TABLE IF NOT EXISTS cluster_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, cluster_id TEXT NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL, details TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS cluster_events_of ON cluster_events (cluster_id, id);
CREATE TABLE IF NOT EXISTS cluster_parts (sandbox_id TEXT PRIMARY KEY, cluster_id TEXT NOT NULL, record TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cluster_tasks (
  task_run_id INTEGER PRIMARY KEY, cluster_id TEXT NOT NULL, spark_context_id TEXT NOT NULL, active INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS cluster_tasks_active ON cluster_tasks (cluster_id) WHERE active = 1;
`;
