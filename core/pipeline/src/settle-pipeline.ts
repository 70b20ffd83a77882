import { putBytes, readBlob } from '@slowlane/artifacts';
import { type BuildFindings, type BuildRecord, PipelineFile, SlowLaneError } from '@slowlane/contracts';
import { checkPipelineFile } from './apply-pipeline.ts';
import { findPipelineFile } from './find-pipeline-file.ts';
import type { BuildSourceTree } from './source-of.ts';
import type { StageDeps } from './stage-deps.ts';

export interface SettledPipeline {
  file: PipelineFile;
  found: Pick<BuildFindings, 'revision' | 'pipelineFile'>;
  /** For the log: where the file came from. */
  origin: string;
}

/**
 * Decides which pipeline file a build is made under: the one that came with the call, the one that was applied, the one in the repository,
 * or, for a build that registers nothing, defaults. A build that registers nothing stores no revision either: who may build may not
 * therefore change a pipeline.
 */
export async function settlePipeline(
  deps: StageDeps,
  record: BuildRecord,
  source: BuildSourceTree,
): Promise<SettledPipeline> {
  const isBuildOnly = record.purpose.kind === 'build-only';
  if (isBuildOnly && record.pipelineFile !== undefined) return given(deps, record, record.pipelineFile);

  const stored = await deps.pipelines.get(record.pipeline, record.revision);
  if (stored?.origin === 'applied') {
    return { file: stored.file, found: { revision: stored.revision }, origin: `revision ${stored.revision}, applied` };
  }
  const inRepository = await findPipelineFile(source, record.pipeline);
  if (inRepository === undefined) {
    if (isBuildOnly) return { file: PipelineFile.parse({ pipeline: record.pipeline }), found: {}, origin: 'defaults' };
    throw missing(record.pipeline);
  }
  const { text, path } = inRepository;
  const file = await checkPipelineFile(deps, text, {
    fileName: path,
    ...(isBuildOnly ? {} : { name: record.pipeline }),
  });
  if (isBuildOnly) return { file, found: { pipelineFile: (await putBytes(deps.blobs, text)).digest }, origin: path };
  const revision = await deps.pipelines.put({
    name: record.pipeline,
    file,
    text,
    origin: 'repository',
    by: record.principal,
  });
  return { file, found: { revision: revision.revision }, origin: `${path}, revision ${revision.revision}` };
}

async function given(deps: StageDeps, record: BuildRecord, digest: string): Promise<SettledPipeline> {
  const text = (await readBlob(deps.blobs, digest)).toString('utf8');
  const file = await checkPipelineFile(deps, text, { fileName: `${record.pipeline}.yaml` });
  return { file, found: { pipelineFile: digest }, origin: 'the file that came with the call' };
}

function missing(pipeline: string): SlowLaneError {
  return new SlowLaneError(
    'pipeline.not-found',
    `there is no pipeline "${pipeline}", and no .slowlane/*.yaml in the repository`,
    {
      hint: `Add .slowlane/${pipeline}.yaml with the line "pipeline: ${pipeline}" and push again, or run: slowlane pipeline apply FILE`,
    },
  );
}
