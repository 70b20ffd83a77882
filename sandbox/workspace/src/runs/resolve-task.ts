import type { Task } from '../jobs/schema.ts';
import { type RunRecord, settingsOf, type TaskRecord } from './run-record.ts';

/**
 * The settings of a task with the parameters of its run: older parameter forms of `run-now` replace those of the job, then `{{…}}`
 * references are filled in, once. A value that itself looks like a reference stays as it is, and so does a reference to nothing.
 */
export function resolveTask(run: RunRecord, task: TaskRecord): Task {
  const fill = filler(run, task);
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
  return resolved;
}

function fillValues(values: Record<string, string>, fill: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fill(value)]));
}

function filler(run: RunRecord, task: TaskRecord): (text: string) => string {
  const values = new Map<string, string>([
    ['job.id', String(run.jobId)],
    ['job.name', run.name],
    ['job.run_id', String(run.runId)],
    ['task.name', task.taskKey],
    ['task.run_id', String(task.runId)],
    ...run.parameters.map((parameter): [string, string] => [`job.parameters.${parameter.name}`, parameter.value]),
  ]);
  return (text) =>
    text.replace(/\{\{\s*([A-Za-z0-9_.-]{1,300})\s*\}\}/g, (reference, name: string) => values.get(name) ?? reference);
}
