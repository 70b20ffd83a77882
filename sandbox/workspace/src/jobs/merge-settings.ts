import { invalidParameter } from '../http/api-error.ts';

/**
 * `jobs/update`: a top-level field replaces the old one whole; the elements of `tasks` and `job_clusters` are replaced or added by their key; `remove`
 * takes names of top-level fields or `tasks/<key>`.
 */
export function mergeSettings(old: object, changes: object, remove: readonly string[]): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...old, ...changes };
  for (const [field, key] of Object.entries(keyedArrays)) {
    const before = (old as Record<string, unknown>)[field];
    const after = (changes as Record<string, unknown>)[field];
    if (Array.isArray(before) && Array.isArray(after)) merged[field] = mergeByKey(before, after, key);
  }
  for (const path of remove) removeField(merged, path);
  return merged;
}

const keyedArrays: Record<string, string> = { tasks: 'task_key', job_clusters: 'job_cluster_key' };

/** The elements are not checked yet: what is no object has no key and is added, so that the check of the whole refuses it. */
function mergeByKey(before: unknown[], after: unknown[], key: string): unknown[] {
  const keyOf = (element: unknown): unknown => (element as Record<string, unknown> | null | undefined)?.[key];
  const changed = new Map(after.map((element) => [keyOf(element), element]));
  const kept = before.map((element) => changed.get(keyOf(element)) ?? element);
  const known = new Set(before.map(keyOf));
  return [...kept, ...after.filter((element) => !known.has(keyOf(element)))];
}

function removeField(settings: Record<string, unknown>, path: string): void {
  const [field, element, ...rest] = path.split('/') as [string, string?, ...string[]];
  const key = keyedArrays[field];
  if (element === undefined) {
    delete settings[field];
    return;
  }
  const array = settings[field];
  if (key === undefined || rest.length > 0) throw invalidParameter(`fields_to_remove: '${path}' cannot be removed.`);
  if (Array.isArray(array))
    settings[field] = array.filter((one: Record<string, unknown> | null) => one?.[key] !== element);
}
