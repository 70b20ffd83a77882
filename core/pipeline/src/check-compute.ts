import { type ArtifactManifest, type JsonObject, type PipelineFile, SlowLaneError } from '@slowlane/contracts';

/** Whether the workspace chooses the compute of this pool. */
export function isServerless(pool: JsonObject): boolean {
  return pool['kind'] === 'serverless';
}

/**
 * Refuses what serverless compute cannot run, before a job is made of it. Throws `pipeline.invalid`.
 *
 * @see https://docs.databricks.com/compute/serverless/limitations
 */
export function checkCompute(
  { file, manifest }: { file: PipelineFile; manifest: Pick<ArtifactManifest, 'kind'> },
  pool: JsonObject,
): void {
  if (!isServerless(pool)) return;
  const { compute, spark_conf, env } = file.job;
  const refuse = (claim: string, words: string, hint: string): never => {
    throw new SlowLaneError('pipeline.invalid', `${claim}: pool "${compute.pool}" is serverless, and ${words}`, {
      hint,
    });
  };
  if (!pythonKinds.has(manifest.kind))
    refuse(
      'job.compute.pool',
      `runs Python only, not an artifact of kind "${manifest.kind}"`,
      'Choose a pool of clusters.',
    );
  if (compute.reuse === true)
    refuse(
      'job.compute.reuse',
      'has no clusters that could be kept warm',
      'Leave out reuse, or choose a pool of clusters.',
    );
  if (Object.keys(env).length > 0)
    refuse(
      'job.env',
      'takes no environment variables',
      'Pass the values in the request, or choose a pool of clusters.',
    );
  const [key] = Object.keys(spark_conf);
  if (key !== undefined)
    refuse(
      `job.spark_conf.${key}`,
      'has no Spark settings of the author',
      'Leave it out, or choose a pool of clusters.',
    );
}

const pythonKinds: ReadonlySet<string> = new Set(['wheel', 'python-script']);
