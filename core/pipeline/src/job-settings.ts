import {
  type ArtifactSet,
  type JsonObject,
  type PipelineFile,
  SlowLaneError,
  type TaskSettings,
} from '@slowlane/contracts';
import type { JobSettings } from '@slowlane/databricks';
import { parseDuration } from '@slowlane/kit';
import { isServerless } from './check-compute.ts';
import { ownedSettings } from './raw-settings.ts';

export interface JobOf {
  file: PipelineFile;
  target: string;
  set: ArtifactSet;
  task: TaskSettings;
  /** `new_cluster` of the pool, without `spark_version`. */
  pool: JsonObject;
  /** Digest of all that the settings are made from: names the job. */
  settingsDigest: string;
}

/** What the driver is started with: filled by the workspace when `run-now` gives the job parameters. */
const driverParameters = ['--request', '{{job.parameters.request}}', '--result', '{{job.parameters.result}}'];
/** The same for a notebook, whose parameters are widgets. */
const notebookParameters = { request: '{{job.parameters.request}}', result: '{{job.parameters.result}}' };
const taskKey = 'main';

/**
 * Settings of the Jobs API. Only our gate queues and only our keeper retries, so the service's own queue and retries are off and its limit of
 * runs is the highest there is. `job.databricks` is merged last, but never over these.
 *
 * @see https://docs.databricks.com/api/workspace/jobs/create
 */
export function jobSettings(of: JobOf): JobSettings {
  const { file, task } = of;
  const raw = Object.fromEntries(
    Object.entries(file.job.databricks).filter(([key]) => !Object.hasOwn(ownedSettings, key)),
  );
  return {
    ...raw,
    name: jobName(of),
    tags: {
      ...file.job.tags,
      slowlane: hexOf(of.settingsDigest),
      pipeline: file.pipeline,
      artifact: hexOf(of.set.digest),
    },
    parameters: [
      { name: 'request', default: '' },
      { name: 'result', default: '' },
    ],
    tasks: [
      {
        task_key: taskKey,
        ...withParameters(task),
        ...(isServerless(of.pool)
          ? { environment_key: taskKey }
          : { job_cluster_key: taskKey, libraries: task.libraries }),
        max_retries: 0,
        timeout_seconds: 0,
      },
    ],
    ...(isServerless(of.pool)
      ? { environments: [{ environment_key: taskKey, spec: environmentOf(task) }] }
      : { job_clusters: [{ job_cluster_key: taskKey, new_cluster: clusterOf(of) }] }),
    timeout_seconds: Math.ceil(parseDuration(file.job.timeout) / 1_000),
    max_concurrent_runs: 1_000,
    queue: { enabled: false },
    ...(file.job.run_as === undefined ? {} : { run_as: runAs(file.job.run_as) }),
  };
}

/** Exact and unique per settings, so that a job whose creation was answered to nobody is found again. */
export function jobName({ file, target, settingsDigest }: Pick<JobOf, 'file' | 'target' | 'settingsDigest'>): string {
  return `slowlane ${file.pipeline} (${target}) ${hexOf(settingsDigest).slice(0, 12)}`;
}

function withParameters({ task }: TaskSettings): JsonObject {
  if ('notebook_task' in task) {
    const { notebook_path, base_parameters } = task.notebook_task;
    return { notebook_task: { notebook_path, base_parameters: { ...base_parameters, ...notebookParameters } } };
  }
  return Object.fromEntries(
    Object.entries(task).map(([type, settings]) => [type, { ...settings, parameters: driverParameters }]),
  );
}

/** Version of the serverless environment, as the Jobs API wants it said. */
const environmentVersion = '4';

/** Serverless compute takes wheels as dependencies of an environment, not as libraries of a cluster. */
function environmentOf({ libraries }: TaskSettings): JsonObject {
  const dependencies = libraries.flatMap((library) => ('whl' in library ? [library.whl] : []));
  return { environment_version: environmentVersion, ...(dependencies.length > 0 && { dependencies }) };
}

function clusterOf({ file, pool, task }: JobOf): JsonObject {
  return {
    ...pool,
    ...(task.dedicated === true ? { data_security_mode: dedicatedMode(file, pool) } : {}),
    spark_version: file.job.runtime,
    spark_conf: { ...driverMemory(file, pool), ...objectOf(pool['spark_conf']), ...file.job.spark_conf },
    ...(Object.keys(file.job.env).length === 0 && pool['spark_env_vars'] === undefined
      ? {}
      : { spark_env_vars: { ...objectOf(pool['spark_env_vars']), ...file.job.env } }),
  };
}

/** Where workers do the work, the node type decides what the driver has; a driver that is all there is gets what the author asks for. */
function driverMemory(file: PipelineFile, pool: JsonObject): JsonObject {
  return pool['num_workers'] === 0 ? { 'spark.driver.memory': file.job.memory } : {};
}

const singleUserModes = ['SINGLE_USER', 'DATA_SECURITY_MODE_DEDICATED', 'LEGACY_SINGLE_USER', 'NONE'];

/** Throws `pipeline.invalid` for a pool whose clusters are shared between users. */
function dedicatedMode(file: PipelineFile, pool: JsonObject): string {
  const mode = pool['data_security_mode'] ?? 'SINGLE_USER';
  if (typeof mode === 'string' && singleUserModes.includes(mode)) return mode;
  throw new SlowLaneError(
    'pipeline.invalid',
    `job.compute.pool: the program needs compute of its own (R runs nowhere else), the pool "${file.job.compute.pool}" says data_security_mode ${String(mode)}`,
    { hint: 'Choose a pool with data_security_mode: SINGLE_USER, or one that leaves it open.' },
  );
}

function runAs(identity: string): JsonObject {
  return identity.includes('@') ? { user_name: identity } : { service_principal_name: identity };
}

function objectOf(value: unknown): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};
}

function hexOf(digest: string): string {
  return digest.replace(/^sha256:/, '');
}
