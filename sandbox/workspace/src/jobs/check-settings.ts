import { findRuntime, runtimes } from '@slowlane/contracts';
import { nearest } from '@slowlane/kit';
import { invalidParameter } from '../http/api-error.ts';
import { checkLogDestination } from '../clusters/log-destination.ts';
import { libraryKind } from '../libraries/library-kind.ts';
import { checkTriggers } from '../schedules/check-triggers.ts';
import type { JobSettings, Library, NewCluster, Task } from './schema.ts';

const taskTypes = [
  'spark_jar_task',
  'spark_python_task',
  'python_wheel_task',
  'notebook_task',
  'sql_task',
  'condition_task',
  'run_job_task',
  'for_each_task',
] as const;
export type TaskType = (typeof taskTypes)[number];

type Checked = Pick<JobSettings, 'tasks' | 'job_clusters' | 'git_source' | 'environments'> &
  Partial<Pick<JobSettings, 'parameters' | 'schedule' | 'continuous' | 'trigger'>>;

/** The type of a checked task. */
export function taskTypeOf(task: Task): TaskType {
  return taskTypes.find((type) => task[type] !== undefined) as TaskType;
}

/**
 * Refuses, before anything is stored, what this workspace would not run as the settings say. Every refusal is 400
 * `INVALID_PARAMETER_VALUE` and names the task and the field.
 */
export function checkSettings(settings: Checked): void {
  for (const field of ['git_source', 'environments'] as const) {
    if (settings[field] !== undefined && !isEmptyList(settings[field])) throw unsupported(field);
  }
  checkTriggers(settings);
  checkUnique(
    'job_clusters',
    (settings.job_clusters ?? []).map((cluster) => cluster.job_cluster_key),
  );
  checkUnique(
    'tasks',
    settings.tasks.map((task) => task.task_key),
  );
  checkUnique(
    'parameters',
    (settings.parameters ?? []).map((parameter) => parameter.name),
  );
  for (const cluster of settings.job_clusters ?? [])
    checkCluster(`Job cluster '${cluster.job_cluster_key}'`, cluster.new_cluster);
  for (const task of settings.tasks) checkTask(task, settings);
  checkOrder(settings.tasks);
}

function unsupported(what: string): Error {
  return invalidParameter(`${what} is not supported by the local workspace.`);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function checkUnique(field: string, names: string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidParameter(`${field}: '${twice}' is there twice.`);
}

function checkTask(task: Task, settings: Checked): void {
  const name = `Task '${task.task_key}'`;
  checkTaskType(name, task);
  checkWhereItRuns(name, task, settings);
  checkRepeated(name, task, settings);
  const params = [task.spark_jar_task, task.spark_python_task, task.python_wheel_task].map((type) => type?.parameters);
  if (JSON.stringify(params).length > 100_000) throw invalidParameter(`${name}: the parameters are too long.`);
  for (const library of task.libraries ?? []) checkLibrary(name, library);
  const jars = (task.libraries ?? []).filter((library) => library.jar !== undefined || library.maven !== undefined);
  if (task.spark_jar_task !== undefined && jars.length === 0) {
    throw invalidParameter(`${name}: a spark_jar_task needs a jar among its libraries.`);
  }
  checkPrograms(name, task);
  const script = task.spark_python_task?.python_file;
  if (script !== undefined && !/^\/(?:Volumes|Workspace)\/./.test(script)) {
    throw invalidParameter(`${name}: python_file must lie below /Volumes or /Workspace, but is '${script}'.`);
  }
}

/** The task inside a for-each task is checked like any other; the service allows no for-each task in it. */
function checkRepeated(name: string, task: Task, settings: Checked): void {
  const repeated = task.for_each_task?.task as Task | undefined;
  if (repeated === undefined) return;
  if (repeated.for_each_task !== undefined) throw invalidParameter(`${name}: a for_each_task cannot hold another one.`);
  if ((repeated.depends_on ?? []).length > 0)
    throw invalidParameter(`${name}: the task of a for_each_task cannot have depends_on.`);
  checkTask(repeated, settings);
}

/** Notebooks of the workspace, and SQL files; the saved objects that a SQL task may name elsewhere do not exist here. */
function checkPrograms(name: string, task: Task): void {
  const notebook = task.notebook_task;
  if (notebook !== undefined && !/^\/(?!Volumes\/)./.test(notebook.notebook_path)) {
    throw invalidParameter(
      `${name}: notebook_path must be a path of the workspace, but is '${notebook.notebook_path}'.`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(notebook?.base_parameters ?? {})) > 1_000_000) {
    throw invalidParameter(`${name}: base_parameters are longer than 1 MB.`);
  }
  const sql = task.sql_task;
  if (sql === undefined) return;
  const kind = ['query', 'dashboard', 'alert'].find((one) => sql[one] !== undefined);
  if (kind !== undefined) throw unsupported(`${name}: sql_task.${kind} (only sql_task.file)`);
  if (sql.file === undefined) throw invalidParameter(`${name}: sql_task needs a file.`);
  if (!/^\/./.test(sql.file.path)) {
    throw invalidParameter(
      `${name}: sql_task.file.path must lie in the workspace or below /Volumes, but is '${sql.file.path}'.`,
    );
  }
}

function checkTaskType(name: string, task: Task): void {
  const given = Object.keys(task).filter((key) => key.endsWith('_task') && task[key] !== undefined);
  const foreign = given.find((key) => !(taskTypes as readonly string[]).includes(key));
  if (foreign !== undefined) throw unsupported(`${name}: ${foreign}`);
  if (given.length !== 1) throw invalidParameter(`${name} must have exactly one of ${taskTypes.join(', ')}.`);
}

function checkWhereItRuns(name: string, task: Task, settings: Checked): void {
  if (task.environment_key !== undefined) throw unsupported(`${name}: environment_key (serverless compute)`);
  const places = [task.new_cluster, task.job_cluster_key, task.existing_cluster_id];
  const needsNone = [task.condition_task, task.run_job_task, task.for_each_task].some((type) => type !== undefined);
  if (needsNone) {
    if (places.every((place) => place === undefined)) return;
    throw invalidParameter(`${name}: a task without a program of its own has no cluster.`);
  }
  if (places.filter((place) => place !== undefined).length !== 1) {
    throw invalidParameter(`${name} must have exactly one of new_cluster, job_cluster_key, existing_cluster_id.`);
  }
  if (task.new_cluster !== undefined) checkCluster(name, task.new_cluster);
  const keys = (settings.job_clusters ?? []).map((cluster) => cluster.job_cluster_key);
  if (task.job_cluster_key !== undefined && !keys.includes(task.job_cluster_key)) {
    throw invalidParameter(`${name}: job_cluster_key '${task.job_cluster_key}' is not among the job_clusters.`);
  }
}

export function checkCluster(name: string, cluster: NewCluster): void {
  if (findRuntime(cluster.spark_version) === undefined) throw unknownRuntime(name, cluster.spark_version);
  if (findRuntime(cluster.spark_version)?.spark !== '4.0') {
    throw invalidParameter(
      `${name}: spark_version ${cluster.spark_version}: the local workspace has Spark 4.0 for Scala 2.13 only.`,
    );
  }
  checkLogDestination(name, cluster);
}

function unknownRuntime(name: string, version: string): Error {
  const known = runtimes.map((runtime) => runtime.version);
  const near = nearest(version, known);
  return invalidParameter(
    `${name}: Invalid spark version ${version}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
  );
}

function checkLibrary(name: string, library: Library): void {
  try {
    libraryKind(library);
  } catch (error) {
    throw invalidParameter(`${name}: ${(error as Error).message}`);
  }
}

function checkOutcomes(task: Task, tasks: Task[]): void {
  for (const { task_key, outcome } of task.depends_on ?? []) {
    const upstream = tasks.find((other) => other.task_key === task_key);
    if (outcome !== undefined && upstream?.condition_task === undefined)
      throw invalidParameter(`Task '${task.task_key}': '${task_key}' is no condition_task, so it has no outcome.`);
  }
}

/** Every dependency exists and there is no circle. */
function checkOrder(tasks: Task[]): void {
  const open = new Map(
    tasks.map((task) => [task.task_key, (task.depends_on ?? []).map((upstream) => upstream.task_key)]),
  );
  for (const [key, upstream] of open) {
    const missing = upstream.find((name) => !open.has(name));
    if (missing !== undefined) throw invalidParameter(`Task '${key}' depends on '${missing}', which does not exist.`);
  }
  for (const task of tasks) checkOutcomes(task, tasks);
  for (;;) {
    const ready = [...open].filter(([, upstream]) => upstream.every((name) => !open.has(name)));
    if (ready.length === 0) break;
    for (const [key] of ready) open.delete(key);
  }
  if (open.size > 0)
    throw invalidParameter(`The tasks ${[...open.keys()].join(', ')} depend on each other in a circle.`);
}
