import { type PipelineRevision, type PromotePipeline, type Registration, SlowLaneError } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import type { EndpointDeps } from './endpoint-deps.ts';
import { targetOf } from './target-of.ts';

/** How far back a promotion looks. */
const mostRecent = 200;

/**
 * Registers an artifact that is registered with another target with this one too. Throws `request.invalid` for a target that there is not,
 * `pipeline.no-promotion` where there is nothing to promote.
 */
export async function promote(
  deps: EndpointDeps,
  { revision, wanted, by }: { revision: PipelineRevision; wanted: PromotePipeline; by: string },
): Promise<Registration> {
  const target = targetOf(revision, wanted.target);
  if (deps.promote === undefined)
    throw new SlowLaneError('pipeline.no-promotion', 'this endpoint has no builder that could publish the artifact');
  const source = await sourceOf(deps, { revision, target, artifact: wanted.artifact });
  const registration = await deps.promote(source, target);
  await deps.tell?.({
    type: 'pipeline.promoted',
    correlationId: registration.correlationId ?? newId('cor'),
    subject: { pipeline: revision.name, build: registration.buildId },
    data: { target, artifact: registration.set.digest, registrationId: registration.id, by },
  });
  return registration;
}

interface Sought {
  revision: PipelineRevision;
  target: string;
  artifact: string | undefined;
}

/** Id of the build whose artifact is promoted. */
async function sourceOf(deps: EndpointDeps, { revision, target, artifact }: Sought): Promise<string> {
  const others = Object.keys(revision.file.targets).filter((name) => name !== target);
  const found: Registration[] = [];
  for (const name of others) found.push(...(await deps.registrations.recent(revision.name, name, mostRecent)));
  const [newest] = found;
  if (artifact === undefined) {
    if (newest !== undefined) return newest.buildId;
    throw nothing(revision, 'no other target has a job yet', others);
  }
  const match = found.filter(({ set, buildId }) => buildId === artifact || set.digest.startsWith(artifact));
  const digests = new Set(match.map(({ set }) => set.digest));
  if (digests.size > 1) throw nothing(revision, `"${artifact}" is the beginning of several digests`, [...digests]);
  if (match[0] !== undefined) return match[0].buildId;
  // A pipeline whose targets all wait for a person has builds, and no registration yet.
  if (artifact.startsWith('bld_') && (await deps.builds.get(artifact))?.pipeline === revision.name) return artifact;
  throw nothing(revision, `"${artifact}" was never registered with another target`, others);
}

function nothing({ name }: PipelineRevision, words: string, seen: readonly string[]): SlowLaneError {
  return new SlowLaneError('pipeline.no-promotion', `pipeline "${name}": ${words}`, {
    hint: `Looked at: ${seen.length === 0 ? 'no other target is declared' : seen.join(', ')}. Name a build with --artifact bld_…`,
  });
}
