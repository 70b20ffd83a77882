import type { SlowLaneYaml } from '@slowlane/config';
import { type PipelineFile, SlowLaneError } from '@slowlane/contracts';
import { operationProblem } from '@slowlane/mediator';
import { checkCallback } from '@slowlane/notify';

/** What a pipeline file must also agree with, besides its schema and the policy: expressions that parse, pools and workspaces that exist, callbacks that are allowed. */
export function checkPipeline(config: SlowLaneYaml): (file: PipelineFile) => void {
  return (file) => {
    const problem = operationProblem(file);
    if (problem !== undefined) throw SlowLaneError.from(problem);
    const pool = file.job.compute.pool;
    if (config.pools[pool] === undefined) {
      throw new SlowLaneError('pipeline.invalid', `job.compute.pool: there is no pool "${pool}"`, {
        hint: `Pools: ${Object.keys(config.pools).join(', ')}`,
      });
    }
    for (const { workspace } of Object.values(file.targets)) {
      if (config.workspaces[workspace] === undefined) {
        throw new SlowLaneError('pipeline.invalid', `targets: there is no workspace "${workspace}"`, {
          hint: `Workspaces: ${Object.keys(config.workspaces).join(', ')}`,
        });
      }
    }
    for (const { webhook } of file.operation.notify) {
      const refused = checkCallback(webhook, config.policy.callbacks);
      if (refused !== undefined) throw SlowLaneError.from(refused);
    }
  };
}
