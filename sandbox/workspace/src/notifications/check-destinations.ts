import { invalidParameter } from '../http/api-error.ts';
import type { JobSettings, Task } from '../jobs/schema.ts';

type Told = Pick<JobSettings, 'webhook_notifications'>;

/** Refuses, with 400, settings that would tell a destination that is not there: nobody would ever hear of the run. */
export function checkDestinations(settings: Told & { tasks: readonly Task[] }, exists: (id: string) => boolean): void {
  const tasks = settings.tasks.flatMap((task) => [task, task.for_each_task?.task as Task | undefined]);
  const missing = [settings, ...tasks].flatMap(idsOf).find((id) => !exists(id));
  if (missing !== undefined)
    throw invalidParameter(`webhook_notifications: Notification destination ${missing} does not exist.`);
}

function idsOf(told: Told | undefined): string[] {
  const { on_start, on_success, on_failure, on_duration_warning_threshold_exceeded } =
    told?.webhook_notifications ?? {};
  return [on_start, on_success, on_failure, on_duration_warning_threshold_exceeded]
    .flatMap((list) => list ?? [])
    .map(({ id }) => id);
}
