import type { DatabaseSync } from 'node:sqlite';
import type { Outcome } from '../runs/states.ts';

export type RunEventKind = 'start' | 'end' | 'duration';

/** Something a destination may want to hear; written in the transaction in which it happened. */
export interface RunEvent {
  seq: number;
  runId: number;
  /** `null` = the job run itself. */
  taskRunId: number | null;
  kind: RunEventKind;
  outcome: Outcome | null;
}

/** A message to one destination. Times are epoch milliseconds. */
export interface NotificationRecord {
  id: number;
  destinationId: string;
  event: string;
  runId: number;
  body: string;
  state: 'waiting' | 'sent' | 'failed';
  attempts: number;
  nextAt: number;
  /** What the latest attempt said. */
  lastAnswer: string;
}

export interface NotificationStore {
  events(limit: number): RunEvent[];
  removeEvent(seq: number): void;
  /** Runs that go on and have a health rule, for themselves or a task. */
  activeWithHealth(): number[];
  /** Once per run or task run. */
  warnDuration(runId: number, taskRunId: number | null): void;
  add(message: Pick<NotificationRecord, 'destinationId' | 'event' | 'runId' | 'body'>, now: number): void;
  due(now: number, limit: number): NotificationRecord[];
  update(id: number, changes: Pick<NotificationRecord, 'state' | 'attempts' | 'nextAt' | 'lastAnswer'>): void;
  /** Newest first. */
  list(limit: number): NotificationRecord[];
}

const keptMessages = 10_000;

/** The database itself notes starts and ends of runs, in whatever transaction they are written. */
export function openNotificationStore(database: DatabaseSync): NotificationStore {
  database.exec(schema);
  const columns =
    'id, destination_id AS destinationId, event, run_id AS runId, body, state, attempts, next_at AS nextAt, last_answer AS lastAnswer';
  const events = database.prepare(
    'SELECT seq, run_id AS runId, task_run_id AS taskRunId, kind, outcome FROM run_events ORDER BY seq LIMIT ?',
  );
  const withHealth = database.prepare(
    `SELECT run_id AS runId FROM runs WHERE phase <> 'ended' AND phase <> 'queued' AND settings LIKE '%"health"%'`,
  );
  const removeEvent = database.prepare('DELETE FROM run_events WHERE seq = ?');
  const warned = database.prepare('INSERT OR IGNORE INTO duration_warnings VALUES (?)');
  const addEvent = database.prepare(
    "INSERT INTO run_events (run_id, task_run_id, kind, outcome) VALUES (?, ?, 'duration', NULL)",
  );
  const add = database.prepare(
    "INSERT INTO notifications (destination_id, event, run_id, body, state, attempts, next_at, last_answer) VALUES (?, ?, ?, ?, 'waiting', 0, ?, '')",
  );
  const trim = database.prepare("DELETE FROM notifications WHERE id <= ? AND state <> 'waiting'");
  const due = database.prepare(
    `SELECT ${columns} FROM notifications WHERE state = 'waiting' AND next_at <= ? ORDER BY id LIMIT ?`,
  );
  const update = database.prepare(
    'UPDATE notifications SET state = ?, attempts = ?, next_at = ?, last_answer = ? WHERE id = ?',
  );
  const list = database.prepare(`SELECT ${columns} FROM notifications ORDER BY id DESC LIMIT ?`);
  return {
    events: (limit) => events.all(limit).map(eventOf),
    activeWithHealth: () => withHealth.all().map((row) => row['runId'] as number),
    removeEvent: (seq) => void removeEvent.run(seq),
    warnDuration(runId, taskRunId) {
      if (warned.run(taskRunId ?? runId).changes > 0) addEvent.run(runId, taskRunId);
    },
    add({ destinationId, event, runId, body }, now) {
      const { lastInsertRowid } = add.run(destinationId, event, runId, body, now);
      trim.run(Number(lastInsertRowid) - keptMessages);
    },
    due: (now, limit) => due.all(now, limit) as unknown as NotificationRecord[],
    update: (id, { state, attempts, nextAt, lastAnswer }) => void update.run(state, attempts, nextAt, lastAnswer, id),
    list: (limit) => list.all(limit) as unknown as NotificationRecord[],
  };
}

function eventOf(row: Record<string, unknown>): RunEvent {
  const outcome = row['outcome'] as string | null;
  return { ...(row as unknown as RunEvent), outcome: outcome === null ? null : (JSON.parse(outcome) as Outcome) };
}

/** Runs that tell nobody leave nothing behind. */
const tells = (settings: string): string => `${settings} LIKE '%"webhook_notifications"%'`;
const ofRun = (row: string): string => `(SELECT settings FROM runs WHERE run_id = ${row}.job_run_id)`;

const schema = `
CREATE TABLE IF NOT EXISTS run_events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, run_id INTEGER NOT NULL, task_run_id INTEGER, kind TEXT NOT NULL, outcome TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS duration_warnings (run_id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS notifications (
  id INTEGER PRIMARY KEY AUTOINCREMENT, destination_id TEXT NOT NULL, event TEXT NOT NULL, run_id INTEGER NOT NULL, body TEXT NOT NULL,
  state TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL, last_answer TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS notifications_due ON notifications (next_at) WHERE state = 'waiting';
CREATE TRIGGER IF NOT EXISTS run_started AFTER UPDATE OF phase ON runs
WHEN NEW.phase = 'running' AND OLD.phase = 'pending' AND ${tells('NEW.settings')}
BEGIN INSERT INTO run_events (run_id, kind) VALUES (NEW.run_id, 'start'); END;
CREATE TRIGGER IF NOT EXISTS run_ended AFTER UPDATE OF phase ON runs
WHEN NEW.phase = 'ended' AND OLD.phase <> 'ended' AND ${tells('NEW.settings')}
BEGIN INSERT INTO run_events (run_id, kind, outcome) VALUES (NEW.run_id, 'end', NEW.outcome); END;
CREATE TRIGGER IF NOT EXISTS run_skipped AFTER INSERT ON runs
WHEN NEW.phase = 'ended' AND ${tells('NEW.settings')}
BEGIN INSERT INTO run_events (run_id, kind, outcome) VALUES (NEW.run_id, 'end', NEW.outcome); END;
CREATE TRIGGER IF NOT EXISTS task_started AFTER UPDATE OF phase ON tasks
WHEN NEW.phase = 'running' AND OLD.phase <> 'running' AND ${tells(ofRun('NEW'))}
BEGIN INSERT INTO run_events (run_id, task_run_id, kind) VALUES (NEW.job_run_id, NEW.run_id, 'start'); END;
CREATE TRIGGER IF NOT EXISTS task_ended AFTER UPDATE OF phase ON tasks
WHEN NEW.phase = 'ended' AND OLD.phase <> 'ended' AND ${tells(ofRun('NEW'))}
BEGIN INSERT INTO run_events (run_id, task_run_id, kind, outcome) VALUES (NEW.job_run_id, NEW.run_id, 'end', NEW.outcome); END;
`;
