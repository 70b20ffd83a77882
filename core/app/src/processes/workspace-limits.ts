import type { WorkspaceSettings } from '@slowlane/config';
import type { WorkspaceLimits } from '@slowlane/workspace';

type LimitSettings = Extract<WorkspaceSettings, { kind: 'local' }>['limits'];

/** The limits of slowlane.yaml as the workspace takes them; what is not named there is not limited. */
export function workspaceLimits(settings: LimitSettings): Pick<WorkspaceLimits, 'maxRunJobTasks' | 'api'> {
  const { saved_jobs, jobs_created_per_hour, calls_per_second, run_job_tasks } = settings;
  return {
    ...(run_job_tasks === undefined ? {} : { maxRunJobTasks: run_job_tasks }),
    api: {
      ...(saved_jobs === undefined ? {} : { savedJobs: saved_jobs }),
      ...(jobs_created_per_hour === undefined ? {} : { jobsCreatedPerHour: jobs_created_per_hour }),
      ...(calls_per_second === undefined ? {} : { callsPerSecond: calls_per_second }),
    },
  };
}
