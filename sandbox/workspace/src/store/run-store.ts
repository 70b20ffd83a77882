import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Outcome } from '../runs/states.ts';
import type { RunRecord, RunType, TaskRecord } from '../runs/run-record.ts';
import { newNumericId } from './new-id.ts';
import { makePage, type Page, type PageRequest } from './page.ts';

export interface ListRequest extends PageRequest {
  jobId?: number | undefined;
  activeOnly?: boolean | undefined;
  completedOnly?: boolean | undefined;
  runType?: RunType | undefined;
  startTimeFrom?: number | undefined;
  startTimeTo?: number | undefined;
}

export type RunChanges = Partial<
  Pick<
    RunRecord,
    | 'settings'
    | 'phase'
    | 'queueCode'
    | 'unqueuedAt'
    | 'startedAt'
    | 'endedAt'
    | 'cancelCause'
    | 'cancelledAt'
    | 'outcome'
    | 'parameters'
    | 'repairId'
    | 'repairedAt'
  >
>;
export type TaskChanges = Partial<
  Pick<
    TaskRecord,
    | 'phase'
    | 'startAttempt'
    | 'startedAt'
    | 'endedAt'
    | 'cancelCause'
    | 'cancelledAt'
    | 'outcome'
    | 'superseded'
    | 'notBefore'
    | 'input'
    | 'lostOutcome'
  >
>;

/** One period of a run that was repaired afterwards; `repairId` is `null` for the original one. */
export interface HistoryRecord {
  repairId: number | null;
  startedAt: number;
  endedAt: number;
  outcome: Outcome;
}

export interface RunStore {
  newId(): number;
  insert(run: RunRecord, tasks: TaskRecord[]): void;
  /** `undefined` for a run that never was or was deleted. */
  get(runId: number): RunRecord | undefined;
  getTask(taskRunId: number): TaskRecord | undefined;
  /** What stands for the tasks of a run now: no earlier attempts, no iterations. */
  tasksOf(runId: number): TaskRecord[];
  /** With earlier attempts and iterations. */
  allTasksOf(runId: number): TaskRecord[];
  /** Not ended, iterations too. */
  activeTasksOf(runId: number): TaskRecord[];
  /** Iterations of a for-each task run, without earlier attempts, in order. */
  iterationsOf(taskRunId: number): TaskRecord[];
  /** Another attempt at a task, or an iteration. */
  insertTask(task: TaskRecord): void;
  /** The run that a run_job task has started. */
  childOf(taskRunId: number): RunRecord | undefined;
  /** Finished periods of a repaired run: the original one, then repairs. */
  historyOf(runId: number): HistoryRecord[];
  keepHistory(runId: number, period: HistoryRecord): void;
  update(runId: number, changes: RunChanges): void;
  updateTask(taskRunId: number, changes: TaskChanges): void;
  /** Oldest first. */
  listActive(): RunRecord[];
  /** Active and not queued: of one job, or of all. */
  countRunning(jobId?: number): number;
  /** Task runs whose program runs or is being started. */
  countStarted(): number;
  list(request: ListRequest): Page<RunRecord>;
  delete(runId: number, now: number): void;
  /** The run that a token stands for, for ever; `deleted` when that run is gone. */
  findToken(token: string): { runId: number; deleted: boolean } | undefined;
  keepToken(token: string, runId: number): void;
}

const runFields = {
  runId: 'run_id',
  jobId: 'job_id',
  runType: 'run_type',
  name: 'name',
  settings: 'settings',
  parameters: 'parameters',
  overrides: 'overrides',
  phase: 'phase',
  queueCode: 'queue_code',
  acceptedAt: 'accepted_at',
  unqueuedAt: 'unqueued_at',
  startedAt: 'started_at',
  endedAt: 'ended_at',
  cancelCause: 'cancel_cause',
  cancelledAt: 'cancelled_at',
  outcome: 'outcome',
  trigger: 'run_trigger',
  parentTaskRunId: 'parent_task_run_id',
  repairId: 'repair_id',
  repairedAt: 'repaired_at',
};
const taskFields = {
  runId: 'run_id',
  jobRunId: 'job_run_id',
  position: 'position',
  taskKey: 'task_key',
  phase: 'phase',
  startAttempt: 'start_attempt',
  acceptedAt: 'accepted_at',
  startedAt: 'started_at',
  endedAt: 'ended_at',
  cancelCause: 'cancel_cause',
  cancelledAt: 'cancelled_at',
  outcome: 'outcome',
  attempt: 'attempt',
  retries: 'retries',
  originalRunId: 'original_run_id',
  repairId: 'repair_id',
  superseded: 'superseded',
  notBefore: 'not_before',
  parentRunId: 'parent_run_id',
  iteration: 'iteration',
  input: 'input',
  lostOutcome: 'lost_outcome',
};
const jsonFields = new Set(['settings', 'parameters', 'overrides', 'outcome', 'lostOutcome']);
const sortKey = 'coalesce(ended_at, accepted_at)';

export function openRunStore(database: DatabaseSync): RunStore {
  const runColumns = selectList(runFields);
  const taskColumns = selectList(taskFields);
  const taken = database.prepare(
    'SELECT 1 FROM runs WHERE run_id = ?1 UNION ALL SELECT 1 FROM tasks WHERE run_id = ?1',
  );
  const getRun = database.prepare(`SELECT ${runColumns} FROM runs WHERE run_id = ? AND deleted_at IS NULL`);
  const getTask = database.prepare(`SELECT ${taskColumns} FROM tasks WHERE run_id = ?`);
  const getTasks = database.prepare(
    `SELECT ${taskColumns} FROM tasks WHERE job_run_id = ? AND parent_run_id IS NULL AND superseded IS NULL ORDER BY position`,
  );
  const getAllTasks = database.prepare(
    `SELECT ${taskColumns} FROM tasks WHERE job_run_id = ? ORDER BY position, iteration, attempt`,
  );
  const getActiveTasks = database.prepare(
    `SELECT ${taskColumns} FROM tasks WHERE job_run_id = ? AND phase <> 'ended' ORDER BY position, iteration`,
  );
  const getIterations = database.prepare(
    `SELECT ${taskColumns} FROM tasks WHERE parent_run_id = ? AND superseded IS NULL ORDER BY iteration`,
  );
  const getChild = database.prepare(`SELECT ${runColumns} FROM runs WHERE parent_task_run_id = ?`);
  const getHistory = database.prepare(
    'SELECT repair_id AS repairId, started_at AS startedAt, ended_at AS endedAt, outcome FROM run_history WHERE run_id = ? ORDER BY position',
  );
  const keepHistory = database.prepare(
    'INSERT INTO run_history (run_id, position, repair_id, started_at, ended_at, outcome) VALUES (?1, (SELECT count(*) FROM run_history WHERE run_id = ?1), ?2, ?3, ?4, ?5)',
  );
  const active = database.prepare(`SELECT ${runColumns} FROM runs WHERE phase <> 'ended' ORDER BY accepted_at, rowid`);
  const running = database.prepare(
    "SELECT count(*) AS n FROM runs WHERE phase <> 'ended' AND phase <> 'queued' AND (?1 IS NULL OR job_id = ?1)",
  );
  const started = database.prepare(
    "SELECT count(*) AS n FROM tasks WHERE phase <> 'ended' AND start_attempt > 0 AND phase IN ('starting', 'running', 'terminating')",
  );
  const findToken = database.prepare(
    'SELECT tokens.run_id AS runId, runs.run_id IS NULL OR runs.deleted_at IS NOT NULL AS gone FROM tokens LEFT JOIN runs USING (run_id) WHERE token = ?',
  );
  const keepToken = database.prepare('INSERT INTO tokens (token, run_id) VALUES (?, ?)');
  const remove = database.prepare('UPDATE runs SET deleted_at = ? WHERE run_id = ?');
  const insertRun = database.prepare(insertText('runs', runFields));
  const insertTask = database.prepare(insertText('tasks', taskFields));
  return {
    newId: () => newNumericId((id) => taken.get(id) !== undefined),
    insert(run, tasks) {
      insertRun.run(...Object.keys(runFields).map((field) => toColumn(field, run[field as keyof RunRecord])));
      for (const task of tasks)
        insertTask.run(...Object.keys(taskFields).map((field) => toColumn(field, task[field as keyof TaskRecord])));
    },
    get: (runId) => recordOf<RunRecord>(getRun.get(runId)),
    getTask: (taskRunId) => recordOf<TaskRecord>(getTask.get(taskRunId)),
    tasksOf: (runId) => getTasks.all(runId).map((row) => recordOf<TaskRecord>(row) as TaskRecord),
    allTasksOf: (runId) => getAllTasks.all(runId).map((row) => recordOf<TaskRecord>(row) as TaskRecord),
    activeTasksOf: (runId) => getActiveTasks.all(runId).map((row) => recordOf<TaskRecord>(row) as TaskRecord),
    iterationsOf: (taskRunId) => getIterations.all(taskRunId).map((row) => recordOf<TaskRecord>(row) as TaskRecord),
    insertTask: (task) =>
      void insertTask.run(...Object.keys(taskFields).map((field) => toColumn(field, task[field as keyof TaskRecord]))),
    childOf: (taskRunId) => recordOf<RunRecord>(getChild.get(taskRunId)),
    historyOf: (runId) => getHistory.all(runId).map((row) => recordOf<HistoryRecord>(row) as HistoryRecord),
    keepHistory: (runId, { repairId, startedAt, endedAt, outcome }) =>
      void keepHistory.run(runId, repairId, startedAt, endedAt, JSON.stringify(outcome)),
    update: (runId, changes) => update(database, { table: 'runs', fields: runFields, id: runId }, changes),
    updateTask: (taskRunId, changes) =>
      update(database, { table: 'tasks', fields: taskFields, id: taskRunId }, changes),
    listActive: () => active.all().map((row) => recordOf<RunRecord>(row) as RunRecord),
    countRunning: (jobId) => (running.get(jobId ?? null) as { n: number }).n,
    countStarted: () => (started.get() as { n: number }).n,
    list: (request) => listRuns(database, request),
    delete: (runId, now) => void remove.run(now, runId),
    findToken(token) {
      const row = findToken.get(token) as { runId: number; gone: number } | undefined;
      return row === undefined ? undefined : { runId: row.runId, deleted: row.gone === 1 };
    },
    keepToken: (token, runId) => void keepToken.run(token, runId),
  };
}

function listRuns(database: DatabaseSync, request: ListRequest): Page<RunRecord> {
  const upwards = request.from?.direction === 'before';
  const place = request.from?.place ?? { key: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER };
  const wanted: [string, SQLInputValue | undefined][] = [
    ['job_id = ?', request.jobId],
    ['run_type = ?', request.runType],
    ['accepted_at >= ?', request.startTimeFrom],
    ['accepted_at <= ?', request.startTimeTo],
  ];
  const given = wanted.filter(([, value]) => value !== undefined);
  const where = given.map(([condition]) => ` AND ${condition}`).join('');
  const phase =
    request.activeOnly === true
      ? " AND phase <> 'ended'"
      : request.completedOnly === true
        ? " AND phase = 'ended'"
        : '';
  const direction = upwards ? 'ASC' : 'DESC';
  const rows = database
    .prepare(
      `SELECT ${selectList(runFields)} FROM runs WHERE deleted_at IS NULL${where}${phase} AND (${sortKey}, run_id) ${upwards ? '>' : '<'} (?, ?)
       ORDER BY ${sortKey} ${direction}, run_id ${direction} LIMIT ?`,
    )
    .all(...given.map(([, value]) => value as SQLInputValue), place.key, place.id, request.limit + 1);
  const runs = rows.map((row) => recordOf<RunRecord>(row) as RunRecord);
  return makePage(runs, request, (run) => ({ key: run.endedAt ?? run.acceptedAt, id: run.runId }));
}

function update(
  database: DatabaseSync,
  target: { table: string; fields: Record<string, string>; id: number },
  changes: Record<string, unknown>,
): void {
  const names = Object.keys(changes);
  const assignments = names.map((name) => `${target.fields[name]} = ?`).join(', ');
  const values = names.map((name) => toColumn(name, changes[name]));
  database.prepare(`UPDATE ${target.table} SET ${assignments} WHERE run_id = ?`).run(...values, target.id);
}

function selectList(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map(([name, column]) => `${column} AS ${name}`)
    .join(', ');
}

function insertText(table: string, fields: Record<string, string>): string {
  const columns = Object.values(fields);
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
}

function toColumn(field: string, value: unknown): SQLInputValue {
  if (value === null || value === undefined) return null;
  return jsonFields.has(field) ? JSON.stringify(value) : (value as SQLInputValue);
}

function recordOf<T>(row: Record<string, unknown> | undefined): T | undefined {
  if (row === undefined) return undefined;
  const record: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    record[name] = jsonFields.has(name) && value !== null ? JSON.parse(value as string) : value;
  }
  return record as T;
}
