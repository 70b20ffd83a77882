import {
  type PipelineFile,
  type PipelineRevision,
  type PipelineStore,
  type Policy,
  SlowLaneError,
} from '@slowlane/contracts';
import { checkPolicy } from './check-policy.ts';
import { loadPipelineFile } from './load-pipeline-file.ts';

export interface ApplyDeps {
  pipelines: PipelineStore;
  policy: Policy;
  /** What others must agree to (expressions that compile, pools that exist); throws what is wrong. */
  alsoCheck?: ((file: PipelineFile) => void | Promise<void>) | undefined;
}

export type ApplyPipeline = (
  name: string,
  text: string,
  by: string,
  origin: PipelineRevision['origin'],
) => Promise<PipelineRevision>;

/**
 * Checks a pipeline file and stores it as a revision; the same file again gives the newest revision back. Throws `pipeline.invalid`,
 * `pipeline.unknown-key` or `pipeline.policy`, and stores nothing then.
 */
export function applyPipeline(deps: ApplyDeps): ApplyPipeline {
  return async (name, text, by, origin) => {
    const file = await checkPipelineFile(deps, text, { fileName: `${name}.yaml`, name });
    return deps.pipelines.put({ name, file, text, origin, by });
  };
}

/** The checks of `applyPipeline` alone: for `pipeline validate`, and for files found in a repository. */
export async function checkPipelineFile(
  deps: Omit<ApplyDeps, 'pipelines'>,
  text: string,
  options: { fileName: string; name?: string },
): Promise<PipelineFile> {
  const file = loadPipelineFile(text, { fileName: options.fileName });
  if (options.name !== undefined && file.pipeline !== options.name) {
    throw new SlowLaneError(
      'pipeline.invalid',
      `${options.fileName}: pipeline is "${file.pipeline}", but it is applied as "${options.name}"`,
      { hint: `Write "pipeline: ${options.name}", or apply it as "${file.pipeline}".` },
    );
  }
  checkPolicy(file, deps.policy);
  await deps.alsoCheck?.(file);
  return file;
}
