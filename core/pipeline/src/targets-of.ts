import type { PipelineFile } from '@slowlane/contracts';

export interface Target {
  name: string;
  workspace: string;
}

/** Targets that a push publishes to and registers with by itself; those with `promote: manual` wait for a person. */
export function automaticTargets(file: PipelineFile): Target[] {
  return Object.entries(file.targets)
    .filter(([, target]) => target.promote === 'automatic')
    .map(([name, target]) => ({ name, workspace: target.workspace }));
}

export function manualTargets(file: PipelineFile): string[] {
  return Object.entries(file.targets)
    .filter(([, target]) => target.promote === 'manual')
    .map(([name]) => name);
}
