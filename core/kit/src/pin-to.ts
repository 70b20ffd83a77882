import { type Pin, type PipelineRevision, type Registration, SlowLaneError } from '@slowlane/contracts';

/** What a request is pinned to: this revision, and what is registered for the target now. Throws `pipeline.not-registered` where nothing is. */
export function pinTo(
  revision: PipelineRevision,
  target: string | undefined,
  registration: Registration | undefined,
): Pin {
  if (registration === undefined)
    throw new SlowLaneError(
      'pipeline.not-registered',
      `the pipeline "${revision.name}" has no registered job for the target "${target}" yet`,
    );
  return {
    pipeline: revision.name,
    revision: revision.revision,
    registrationId: registration.id,
    artifact: registration.set.digest,
    workspace: registration.workspace,
  };
}
