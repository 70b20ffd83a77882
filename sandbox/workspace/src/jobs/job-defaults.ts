import type { JobSettings, Task } from './schema.ts';

/** Settings as the service shows them: what was sent, and the defaults that it adds on read. */
export function withDefaults(settings: JobSettings): Record<string, unknown> {
  return {
    email_notifications: {},
    webhook_notifications: {},
    timeout_seconds: 0,
    max_concurrent_runs: 1,
    ...settings,
    name: settings.name ?? 'Untitled',
    format: 'MULTI_TASK',
    tasks: settings.tasks.map(taskWithDefaults),
    ...(settings.job_clusters === undefined
      ? {}
      : {
          job_clusters: settings.job_clusters.map((cluster) => ({
            ...cluster,
            ...clusterWithDefaults(cluster.new_cluster),
          })),
        }),
  };
}

export function taskWithDefaults(task: Task): Record<string, unknown> {
  const dependsOn = [...(task.depends_on ?? [])].sort((a, b) => (a.task_key < b.task_key ? -1 : 1));
  return {
    run_if: 'ALL_SUCCESS',
    timeout_seconds: 0,
    email_notifications: {},
    webhook_notifications: {},
    ...task,
    ...(task.new_cluster === undefined ? {} : clusterWithDefaults(task.new_cluster)),
    ...(dependsOn.length === 0 ? {} : { depends_on: dependsOn }),
  };
}

function clusterWithDefaults(cluster: object): { new_cluster: object } {
  const { apply_policy_default_values: _neverShown, ...shown } = cluster as Record<string, unknown>;
  return { new_cluster: { data_security_mode: 'SINGLE_USER', num_workers: 0, ...shown } };
}
