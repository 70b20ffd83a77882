import { SlowLaneError } from '@slowlane/contracts';
import type { DatabricksClient, JobSettings } from '@slowlane/databricks';

/**
 * The job with exactly these settings: found by its name and tag, or created. Creation has no token, so a reply that was lost is only
 * ever answered by looking first.
 */
export async function findOrCreateJob(
  client: Pick<DatabricksClient, 'jobs'>,
  settings: JobSettings,
  options: { signal: AbortSignal },
): Promise<{ jobId: string; isNew: boolean }> {
  const tag = tagOf(settings);
  const named = await client.jobs.list({ name: settings.name }, options);
  const found = named.find((job) => job.settings['name'] === settings.name && tagOf(job.settings) === tag);
  if (found !== undefined) return { jobId: found.jobId, isNew: false };
  return { ...(await client.jobs.create(settings, options)), isNew: true };
}

/** Whether a job that was registered earlier is still there: people delete jobs by hand. */
export async function jobExists(
  client: Pick<DatabricksClient, 'jobs'>,
  jobId: string,
  options: { signal: AbortSignal },
): Promise<boolean> {
  try {
    await client.jobs.get(jobId, options);
    return true;
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'workspace.not-found') return false;
    throw error;
  }
}

function tagOf(settings: { [key: string]: unknown }): unknown {
  const tags = settings['tags'];
  return tags !== null && typeof tags === 'object' ? (tags as Record<string, unknown>)['slowlane'] : undefined;
}
