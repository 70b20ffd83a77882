import { invalidParameter } from '../http/api-error.ts';
import type { Task } from '../jobs/schema.ts';

/** The tasks that `only` of `run-now` names: `key`, `+key` with all it depends on, `key+` with all that depends on it. */
export function onlyTasks(tasks: readonly Task[], only: readonly string[]): Task[] {
  const chosen = new Set<string>();
  for (const name of only) {
    const key = name.replace(/^\+|\+$/g, '');
    if (tasks.every((task) => task.task_key !== key)) throw invalidParameter(`only: the job has no task '${key}'.`);
    chosen.add(key);
    if (name.startsWith('+')) addAll(tasks, key, chosen, 'upstream');
    if (name.endsWith('+')) addAll(tasks, key, chosen, 'downstream');
  }
  return tasks
    .filter((task) => chosen.has(task.task_key))
    .map((task) =>
      task.depends_on === undefined
        ? task
        : { ...task, depends_on: task.depends_on.filter((upstream) => chosen.has(upstream.task_key)) },
    );
}

function addAll(tasks: readonly Task[], key: string, chosen: Set<string>, way: 'upstream' | 'downstream'): void {
  const open = [key];
  const seen = new Set(open);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of neighbours(tasks, at, way)) {
      if (seen.has(next)) continue;
      seen.add(next);
      chosen.add(next);
      open.push(next);
    }
  }
}

function neighbours(tasks: readonly Task[], key: string, way: 'upstream' | 'downstream'): string[] {
  if (way === 'upstream') {
    const task = tasks.find((one) => one.task_key === key);
    return (task?.depends_on ?? []).map((upstream) => upstream.task_key);
  }
  return tasks
    .filter((task) => (task.depends_on ?? []).some((upstream) => upstream.task_key === key))
    .map((task) => task.task_key);
}
