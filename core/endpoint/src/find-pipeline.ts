import { type PipelineRevision, SlowLaneError } from '@slowlane/contracts';
import type { EndpointDeps } from './endpoint-deps.ts';

/** The revision of this number, else the newest. Throws `pipeline.not-found`. */
export async function findPipeline(
  { pipelines }: EndpointDeps,
  name: string,
  number?: number,
): Promise<PipelineRevision> {
  const revision = await pipelines.get(name, number);
  if (revision === undefined) throw new SlowLaneError('pipeline.not-found', `there is no pipeline "${name}"`);
  return revision;
}
