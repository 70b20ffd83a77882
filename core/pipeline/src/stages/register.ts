import { digestOf, readJsonBlob } from '@slowlane/artifacts';
import {
  ArtifactManifest,
  type ArtifactSet,
  type JsonObject,
  type PipelineFile,
  type PipelineRevision,
  type PluginManifest,
  type Registration,
  SlowLaneError,
} from '@slowlane/contracts';
import { canonicalJson, newId, parseDuration } from '@slowlane/kit';
import { checkCompute } from '../check-compute.ts';
import { findOrCreateJob, jobExists } from '../find-or-create-job.ts';
import { jobSettings } from '../job-settings.ts';
import { keepLog } from '../keep-log.ts';
import { manifestOf } from '../manifest-of.ts';
import { need } from '../need.ts';
import { pipelineOf, runtimeOf } from '../pipeline-of.ts';
import type { StageContext } from '../stage-context.ts';
import { automaticTargets, manualTargets, type Target } from '../targets-of.ts';

/**
 * Makes the published artifact a job on each target: one job per pipeline, target and settings, which is never changed afterwards. A push that
 * git did not take registers nothing.
 */
export async function register(context: StageContext): Promise<void> {
  const { deps, record, log } = context;
  if (record.purpose.kind === 'push' && (await deps.builds.pushOutcome(record.id)) !== 'completed') {
    await log.say('built, but the push was not completed: nothing is registered');
    await deps.builds.advance(record.id, 'built', { log: await keepLog(deps, record.id) });
    return;
  }
  await deps.builds.advance(record.id, 'registering', {});
  const job = await jobOf(context);
  const registrations: NonNullable<(typeof record.found)['registrations']> = [];
  for (const target of automaticTargets(job.file)) {
    const { jobId, id } = await registerAt(context, job, target);
    registrations.push({ target: target.name, workspace: target.workspace, jobId, registrationId: id });
  }
  for (const target of manualTargets(job.file))
    await log.say(
      `${target}: waits for promotion by hand (slowlane pipeline promote ${record.pipeline} --to ${target})`,
    );
  await deps.declareLimits(job.revision);
  await deps.builds.advance(record.id, 'registered', { registrations, log: await keepLog(deps, record.id) });
}

export interface RegisteredJob {
  file: PipelineFile;
  revision: PipelineRevision;
  set: ArtifactSet;
  manifest: ArtifactManifest;
  plugin: PluginManifest;
}

export async function jobOf({ deps, record }: StageContext): Promise<RegisteredJob> {
  const { found } = record;
  const number = found.revision ?? record.revision;
  const revision = number === undefined ? undefined : await deps.pipelines.get(record.pipeline, number);
  if (revision === undefined)
    throw new SlowLaneError('pipeline.not-found', `there is no pipeline "${record.pipeline}"`);
  return {
    file: await pipelineOf(deps, record),
    revision,
    set: need(found.set, 'artifact'),
    manifest: ArtifactManifest.parse(await readJsonBlob(deps.blobs, need(found.manifest, 'manifest'))),
    plugin: await manifestOf(deps.plugins, need(found.plugin, 'plugin')),
  };
}

export async function registerAt(context: StageContext, job: RegisteredJob, target: Target): Promise<Registration> {
  const { deps, record, log, signal } = context;
  const pool = poolOf(context, job.file);
  checkCompute(job, pool);
  const settingsDigest = digestOfJob(context, job, { target, pool });
  const known = await deps.registrations.find(record.pipeline, target.name, settingsDigest);
  const client = deps.workspace(target.workspace);
  const isThere = known !== undefined && (await jobExists(client, known.jobId, { signal }));
  if (isThere && (await isCurrent(context, known, job.revision))) {
    await log.say(`${target.name}: job ${known.jobId} on ${target.workspace} is this one already`);
    return known;
  }
  const { jobId } = isThere ? known : await create(context, job, { target, pool, settingsDigest });
  const registration = await deps.registrations.put({
    id: newId('reg'),
    pipeline: record.pipeline,
    revision: job.revision.revision,
    target: target.name,
    workspace: target.workspace,
    jobId,
    buildId: record.id,
    correlationId: record.correlationId,
    commit: record.found.commit,
    set: job.set,
    manifest: job.manifest,
    pool: job.file.job.compute.pool,
    ...(job.file.job.compute.reuse === true && { reuse: true }),
    ...logsOf(pool, job.file),
    timeoutMs: parseDuration(job.file.job.timeout),
    retries: job.file.job.retries,
    settingsDigest,
  });
  await log.say(`${target.name}: job ${jobId} on ${target.workspace}`);
  return registration;
}

/** An older registration becomes the current one again by being written again, for the same job. */
async function isCurrent({ deps }: StageContext, known: Registration, revision: PipelineRevision): Promise<boolean> {
  const current = await deps.registrations.current(known.pipeline, known.target);
  return current?.id === known.id && known.revision === revision.revision;
}

/** A cluster that many runs share has one log for all of them. */
function logsOf(pool: JsonObject, { job }: PipelineFile): { logs?: string } {
  const conf = pool['cluster_log_conf'] as { volumes?: { destination?: unknown } } | undefined;
  const destination = conf?.volumes?.destination;
  return typeof destination === 'string' && job.compute.reuse !== true ? { logs: destination } : {};
}

function poolOf({ deps }: StageContext, file: PipelineFile): NonNullable<(typeof deps.pools)[string]> {
  const { pool } = file.job.compute;
  const settings = Object.hasOwn(deps.pools, pool) ? deps.pools[pool] : undefined;
  if (settings !== undefined) return settings;
  throw new SlowLaneError('pipeline.invalid', `job.compute.pool: there is no pool "${pool}"`, {
    hint: `Choose one of: ${Object.keys(deps.pools).join(', ')}`,
  });
}

type Placed = { target: Target; pool: ReturnType<typeof poolOf> };

/**
 * Digest of everything that the settings are made from, not of the settings: asking the plugin for the task would start its sandbox, and
 * an unchanged push must start none.
 */
function digestOfJob({ record }: StageContext, job: RegisteredJob, { target, pool }: Placed): string {
  const { id, version } = job.plugin;
  return digestOf(
    canonicalJson({
      v: 1,
      pipeline: record.pipeline,
      target,
      plugin: { id, version },
      set: job.set,
      manifest: job.manifest,
      published: need(record.found.published, 'published paths'),
      job: job.file.job,
      pool,
    }),
  );
}

async function create(
  { deps, record, signal }: StageContext,
  { file, set, manifest, plugin }: RegisteredJob,
  { target, pool, settingsDigest }: Placed & { settingsDigest: string },
): Promise<{ jobId: string }> {
  const published = need(record.found.published, 'published paths');
  const { [set.primary.name]: primary, ...companions } = published;
  const expectation = { runtime: runtimeOf(file, deps), main: file.job.main };
  const paths = { primary: need(primary, 'path of the artifact'), companions };
  const task = await deps.plugins.task(plugin.id, manifest, paths, expectation);
  const settings = jobSettings({ file, target: target.name, set, task, pool, settingsDigest });
  return findOrCreateJob(deps.workspace(target.workspace), settings, { signal });
}
