import {
  type ApiToken,
  type BuildPipeline,
  type BuildRecord,
  type PipelineRevision,
  SlowLaneError,
} from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import type { EndpointDeps } from './endpoint-deps.ts';

/** Builds what `source.git` of the pipeline's newest revision names, and registers it. Throws `request.invalid` for a pipeline that is fed by pushes alone. */
export async function buildPipeline(
  deps: EndpointDeps,
  call: { revision: PipelineRevision; caller: ApiToken; correlationId: string; body: BuildPipeline },
): Promise<BuildRecord> {
  const { revision, body } = call;
  const { git, ref } = revision.file.source;
  if (git === undefined)
    throw new SlowLaneError('request.invalid', `the file of pipeline "${revision.name}" names no source.git`, {
      hint: `Push its source to ${deps.publicUrl}/git/${revision.name}.git, or name a repository in the file and apply it.`,
    });
  return await deps.builds.start({
    id: newId('bld'),
    correlationId: call.correlationId,
    pipeline: revision.name,
    revision: revision.revision,
    source: { kind: 'git', url: git, ref: body.ref ?? ref },
    purpose: { kind: 'register' },
    principal: call.caller.name,
    language: revision.file.language,
    driver: undefined,
    ...(body.refresh === true && { refresh: true }),
  });
}
