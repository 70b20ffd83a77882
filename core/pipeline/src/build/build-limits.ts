import type { PipelineFile, SandboxLimits } from '@slowlane/contracts';
import { parseBytes, parseDuration } from '@slowlane/kit';

/** Bounds of a build's sandbox that no pipeline file sets. */
export type BuildLimits = Omit<SandboxLimits, 'wallMs' | 'memoryBytes' | 'idleMs'>;

const gib = 1_073_741_824;

/** A snapshot of a work volume fits volumes of its size only, so these are the same for all builds of an installation. */
export const buildLimits: BuildLimits = {
  pids: 1_024,
  cpus: 2,
  workBytes: 6 * gib,
  workInodes: 400_000,
  outputBytes: 32 * 1_048_576,
  tmpBytes: 512 * 1_048_576,
};

export function limitsFor(file: PipelineFile, own: Partial<BuildLimits> | undefined): SandboxLimits {
  return {
    ...buildLimits,
    ...own,
    wallMs: parseDuration(file.build.timeout),
    ...(file.build.idle === undefined ? {} : { idleMs: parseDuration(file.build.idle) }),
    memoryBytes: parseBytes(file.build.memory),
  };
}
