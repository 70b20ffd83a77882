import type { ApiToken, PipelineRevision, PipelineView } from '@slowlane/contracts';
import { hasScope } from './access.ts';
import type { EndpointDeps } from './endpoint-deps.ts';

/** A revision with the job that its first target has now. */
export async function pipelineView(
  deps: EndpointDeps,
  revision: PipelineRevision,
  caller: ApiToken,
): Promise<PipelineView> {
  const { name } = revision;
  const target = Object.keys(revision.file.targets)[0];
  const registration = target === undefined ? undefined : await deps.registrations.current(name, target);
  return {
    name,
    revision: revision.revision,
    origin: revision.origin,
    by: revision.by,
    at: revision.at,
    text: revision.text,
    gitUrl: `${deps.publicUrl}/git/${name}.git`,
    webhookSecret: hasScope(caller, 'pipeline') ? deps.webhookSecret?.({ pipeline: name }) : undefined,
    registration: registration && {
      id: registration.id,
      jobId: registration.jobId,
      workspace: registration.workspace,
      artifact: registration.set.digest,
      commit: registration.commit,
      at: registration.at,
    },
  };
}
