import { createHash } from 'node:crypto';
import { type JsonObject, type Registration, SlowLaneError } from '@slowlane/contracts';
import type { DatabricksClient } from '@slowlane/databricks';
import { canonicalJson } from '@slowlane/kit';

/** What a registered job becomes on a warm cluster: the cluster with its libraries, and a one-time run with the settings of the job. */
export interface WarmJob {
  /** `new_cluster` of the job. */
  spec: JsonObject;
  libraries: JsonObject[];
  /** Of all that makes two runs able to share a cluster: what it is made from, its libraries, and as whom it runs. */
  digest: string;
  /** Settings of `runs/submit`. */
  runOn(clusterId: string, paths: { request: string; result: string }): JsonObject;
}

export interface WarmJobs {
  /** Reads the job once: a job of ours never changes. Throws `workspace.*`, `platform.unexpected` for a job that is not of our form. */
  of(client: Pick<DatabricksClient, 'jobs'>, registration: Registration): Promise<WarmJob>;
}

const mostKnown = 500;
/** Runs that `runs/submit` starts have no job parameters: the name carries the result folder, by which a run is found again. */
const namePrefix = 'slowlane ';

export function createWarmJobs(): WarmJobs {
  const known = new Map<string, Promise<WarmJob>>();
  return {
    of(client, { jobId, workspace }) {
      const key = `${workspace} ${jobId}`;
      const found = known.get(key) ?? client.jobs.get(jobId).then(({ settings }) => warmJob(jobId, settings));
      known.delete(key);
      known.set(key, found);
      found.catch(() => known.delete(key));
      const oldest = known.size > mostKnown ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
      return found;
    },
  };
}

/** The result folder that a run was started for: one per (request, part, attempt). */
export function resultOfRun(run: {
  jobParameters: Record<string, string>;
  runName?: string | undefined;
}): string | undefined {
  const named = run.runName?.startsWith(`${namePrefix}/`) === true ? run.runName.slice(namePrefix.length) : undefined;
  return run.jobParameters['result'] ?? named;
}

function warmJob(jobId: string, settings: JsonObject): WarmJob {
  const [task] = list(settings['tasks']);
  const [cluster] = list(settings['job_clusters']);
  const spec = cluster?.['new_cluster'];
  if (task === undefined || !isObject(spec))
    throw new SlowLaneError('platform.unexpected', `job ${jobId} has no task on a job cluster: nothing of ours`);
  // The libraries are on the cluster already; a JAR task must name them all the same.
  const { job_cluster_key: _, max_retries: _retries, ...plain } = task;
  const runAs = settings['run_as'];
  const shared = { spec, libraries: list(task['libraries']), runAs: runAs ?? null };
  return {
    spec,
    libraries: shared.libraries,
    digest: createHash('sha256').update(canonicalJson(shared)).digest('hex'),
    runOn: (clusterId, paths) => ({
      run_name: `${namePrefix}${paths.result}`,
      tasks: [{ ...withPaths(plain, paths), existing_cluster_id: clusterId }],
      timeout_seconds: settings['timeout_seconds'] ?? 0,
      ...(runAs !== undefined && { run_as: runAs }),
    }),
  };
}

/** `runs/submit` fills in no references, so the parameters get the paths themselves. */
function withPaths(task: JsonObject, { request, result }: { request: string; result: string }): JsonObject {
  const values: Record<string, string> = {
    '{{job.parameters.request}}': request,
    '{{job.parameters.result}}': result,
  };
  const entries = Object.entries(task).map(([key, value]) => {
    if (!isObject(value) || !Array.isArray(value['parameters'])) return [key, value];
    const parameters = value['parameters'].map((word) => (typeof word === 'string' ? (values[word] ?? word) : word));
    return [key, { ...value, parameters }];
  });
  return Object.fromEntries(entries) as JsonObject;
}

function list(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
