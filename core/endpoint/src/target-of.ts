import { type PipelineRevision, SlowLaneError } from '@slowlane/contracts';

/** The target that is wanted, else the first one of the pipeline file. Throws `request.invalid`. */
export function targetOf({ name, file }: PipelineRevision, wanted: string | undefined): string {
  const targets = Object.keys(file.targets);
  const target = wanted ?? targets[0];
  if (target !== undefined && targets.includes(target)) return target;
  throw new SlowLaneError(
    'request.invalid',
    `body.target: "${target}" is none of the targets of ${name}: ${targets.join(', ')}`,
  );
}
