import type { Task } from '../jobs/schema.ts';
import { type RunRecord, settingsOf, type TaskRecord } from './run-record.ts';

/** The other tasks of the run, for `{{tasks.…}}`. */
export interface Upstream {
  tasks: readonly TaskRecord[];
  /** What an ended task has set by `dbutils.jobs.taskValues`. */
  valuesOf: (task: TaskRecord) => Record<string, unknown>;
}

/**
 * The settings of a task with the parameters of its run: older parameter forms of `run-now` replace those of the job, then `{{…}}`
 * references are filled in, once. A value that itself looks like a reference stays as it is, and so does a reference to nothing.
 */
export function resolveTask(run: RunRecord, task: TaskRecord, upstream?: Upstream): Task {
  const fill = filler(run, task, upstream);
  const settings = settingsOf(run, task);
  const { jar_params, python_params, python_named_params, notebook_params } = run.overrides as {
    notebook_params?: Record<string, string>;
    jar_params?: string[];
    python_params?: string[];
    python_named_params?: Record<string, string>;
  };
  const resolved: Task = { ...settings };
  if (settings.spark_jar_task !== undefined) {
    resolved.spark_jar_task = {
      ...settings.spark_jar_task,
      parameters: (jar_params ?? settings.spark_jar_task.parameters ?? []).map(fill),
    };
  }
  if (settings.spark_python_task !== undefined) {
    const script = settings.spark_python_task;
    resolved.spark_python_task = { ...script, parameters: (python_params ?? script.parameters ?? []).map(fill) };
  }
  if (settings.python_wheel_task !== undefined) {
    const { parameters, named_parameters, ...wheel } = settings.python_wheel_task;
    const named = python_named_params ?? (python_params === undefined ? named_parameters : undefined);
    resolved.python_wheel_task =
      named === undefined
        ? { ...wheel, parameters: (python_params ?? parameters ?? []).map(fill) }
        : {
            ...wheel,
            named_parameters: Object.fromEntries(Object.entries(named).map(([name, value]) => [name, fill(value)])),
          };
  }
  if (settings.notebook_task !== undefined) {
    const given = { ...settings.notebook_task.base_parameters, ...notebook_params };
    resolved.notebook_task = { ...settings.notebook_task, base_parameters: fillValues(given, fill) };
  }
  if (settings.sql_task !== undefined) {
    const { file, parameters } = settings.sql_task;
    resolved.sql_task = {
      ...settings.sql_task,
      ...(file === undefined ? {} : { file: { ...file, path: fill(file.path) } }),
      ...(parameters === undefined ? {} : { parameters: fillValues(parameters, fill) }),
    };
  }
  return { ...resolved, ...resolveComposite(settings, fill) };
}

function resolveComposite(settings: Task, fill: (text: string) => string): Partial<Task> {
  const { condition_task: condition, run_job_task: job, for_each_task: repeated } = settings;
  return {
    ...(condition === undefined
      ? {}
      : { condition_task: { ...condition, left: fill(condition.left), right: fill(condition.right) } }),
    ...(job?.job_parameters === undefined
      ? {}
      : { run_job_task: { ...job, job_parameters: fillValues(job.job_parameters, fill) } }),
    ...(repeated === undefined ? {} : { for_each_task: { ...repeated, inputs: fill(repeated.inputs) } }),
  };
}

function fillValues(values: Record<string, string>, fill: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fill(value)]));
}

function filler(run: RunRecord, task: TaskRecord, upstream?: Upstream): (text: string) => string {
  const input = task.parentRunId == null || task.input == null ? undefined : (JSON.parse(task.input) as unknown);
  const values = new Map<string, string>([
    ['job.id', String(run.jobId)],
    ['job.name', run.name],
    ['job.run_id', String(run.runId)],
    ['task.name', task.taskKey],
    ['task.run_id', String(task.runId)],
    ['task.execution_count', String((task.attempt ?? 0) + 1)],
    ['job.trigger.type', (run.trigger ?? 'ONE_TIME').toLowerCase()],
    ['job.start_time.iso_datetime', new Date(run.acceptedAt).toISOString()],
    ['job.start_time.iso_date', new Date(run.acceptedAt).toISOString().slice(0, 10)],
    ['job.start_time.timestamp_ms', String(run.acceptedAt)],
    // The older names of the same.
    ['job_id', String(run.jobId)],
    ['run_id', String(task.runId)],
    ['parent_run_id', String(run.runId)],
    ['task_key', task.taskKey],
    ['task_retry_count', String(task.retries ?? 0)],
    ['start_date', new Date(run.acceptedAt).toISOString().slice(0, 10)],
    ...run.parameters.map((parameter): [string, string] => [`job.parameters.${parameter.name}`, parameter.value]),
  ]);
  return (text) =>
    text.replace(
      /\{\{\s*([A-Za-z0-9_.-]{1,300})\s*\}\}/g,
      (reference, name: string) =>
        values.get(name) ?? inputValue(input, name) ?? upstreamValue(name, upstream) ?? reference,
    );
}

/** `input` or `input.<key>` inside a for-each task. */
function inputValue(input: unknown, name: string): string | undefined {
  if (input === undefined) return undefined;
  if (name === 'input') return textOf(input);
  if (!name.startsWith('input.') || typeof input !== 'object' || input === null) return undefined;
  const key = name.slice('input.'.length);
  return Object.hasOwn(input, key) ? textOf((input as Record<string, unknown>)[key]) : undefined;
}

/** `tasks.<key>.run_id`, `.result_state`, `.error_code` or `.values.<name>`. */
function upstreamValue(name: string, upstream: Upstream | undefined): string | undefined {
  const [first, taskKey, field, ...rest] = name.split('.');
  const task = first === 'tasks' ? upstream?.tasks.find((other) => other.taskKey === taskKey) : undefined;
  if (task === undefined || upstream === undefined) return undefined;
  if (field === 'run_id') return String(task.runId);
  if (field === 'result_state') return task.outcome?.result.toLowerCase();
  if (field === 'error_code') return task.outcome?.code;
  if (field !== 'values') return undefined;
  const values = upstream.valuesOf(task);
  const key = rest.join('.');
  return Object.hasOwn(values, key) ? textOf(values[key]) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
