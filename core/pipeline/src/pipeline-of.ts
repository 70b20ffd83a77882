import { readBlob } from '@slowlane/artifacts';
import { type BuildRecord, findRuntime, PipelineFile, type Runtime, SlowLaneError } from '@slowlane/contracts';
import { loadPipelineFile } from './load-pipeline-file.ts';
import type { StageDeps } from './stage-deps.ts';

/** The pipeline file that the fetch stage has settled on: a stored revision, a text that came with the build, or defaults. */
export async function pipelineOf(
  deps: Pick<StageDeps, 'blobs' | 'pipelines'>,
  record: BuildRecord,
): Promise<PipelineFile> {
  const { pipelineFile, revision = record.revision } = record.found;
  if (pipelineFile !== undefined) {
    const text = (await readBlob(deps.blobs, pipelineFile)).toString('utf8');
    return loadPipelineFile(text, { fileName: `${record.pipeline}.yaml` });
  }
  if (revision === undefined) return PipelineFile.parse({ pipeline: record.pipeline });
  const stored = await deps.pipelines.get(record.pipeline, revision);
  if (stored === undefined) {
    throw new SlowLaneError('pipeline.not-found', `there is no revision ${revision} of pipeline "${record.pipeline}"`);
  }
  return stored.file;
}

/**
 * The runtime that a pipeline's job runs on; the loader has checked that it is known. Where all its targets are local workspaces, Python is this
 * machine's, whatever the runtime of that name brings elsewhere.
 */
export function runtimeOf(file: PipelineFile, { localPython }: Pick<StageDeps, 'localPython'>): Runtime {
  const runtime = findRuntime(file.job.runtime);
  if (runtime === undefined)
    throw new SlowLaneError('pipeline.invalid', `job.runtime: unknown runtime "${file.job.runtime}"`);
  const isLocal = Object.values(file.targets).every(({ workspace }) => localPython?.workspaces.includes(workspace));
  return isLocal && localPython !== undefined ? { ...runtime, python: localPython.version } : runtime;
}
