import type { SlowLaneYaml } from '@slowlane/config';
import { type PipelineFile, SlowLaneError } from '@slowlane/contracts';
import { operationRule } from '@slowlane/kit';
import { operationProblem } from '@slowlane/mediator';
import { checkCallback, mailProblem } from '@slowlane/notify';
import { scheduleProblem } from '@slowlane/schedule';

/** What a pipeline file must also agree with, besides its schema and the policy: expressions that parse, pools and workspaces that exist, callbacks that are allowed. */
export function checkPipeline(config: SlowLaneYaml): (file: PipelineFile) => void {
  return (file) => {
    const problem = operationProblem(file);
    if (problem !== undefined) throw SlowLaneError.from(problem);
    // Windows and dates that cannot be are refused with their text.
    operationRule(file);
    const pool = file.job.compute.pool;
    if (config.pools[pool] === undefined) {
      throw new SlowLaneError('pipeline.invalid', `job.compute.pool: there is no pool "${pool}"`, {
        hint: `Pools: ${Object.keys(config.pools).join(', ')}`,
      });
    }
    if (config.pools[pool].kind === 'serverless') checkServerless(file, config);
    for (const { workspace } of Object.values(file.targets)) {
      if (config.workspaces[workspace] === undefined) {
        throw new SlowLaneError('pipeline.invalid', `targets: there is no workspace "${workspace}"`, {
          hint: `Workspaces: ${Object.keys(config.workspaces).join(', ')}`,
        });
      }
    }
    const wrongTime = scheduleProblem(file, Date.now());
    if (wrongTime !== undefined) throw SlowLaneError.from(wrongTime);
    for (const target of file.operation.notify) checkTarget(target, config);
    for (const [field, step] of Object.entries(file.operation.mediate.enrich)) {
      if (typeof step === 'object' && 'http' in step) checkLookup(field, step.http, config);
    }
  };
}

/** What can be known before a build; the register stage checks the artifact. */
function checkServerless({ job, targets }: PipelineFile, { workspaces }: SlowLaneYaml): void {
  const { pool, reuse } = job.compute;
  if (reuse === true)
    throw new SlowLaneError(
      'pipeline.invalid',
      `job.compute.reuse: pool "${pool}" is serverless and keeps no clusters`,
      {
        hint: 'Leave out reuse, or choose a pool of clusters.',
      },
    );
  const local = Object.entries(targets).find(([, { workspace }]) => workspaces[workspace]?.kind === 'local');
  if (local !== undefined)
    throw new SlowLaneError(
      'pipeline.invalid',
      `targets.${local[0]}: the local workspace has no serverless compute, which pool "${pool}" is`,
      { hint: 'Choose a pool of clusters, or a target on a Databricks workspace.' },
    );
}

function checkTarget(target: PipelineFile['operation']['notify'][number], { policy, mail }: SlowLaneYaml): void {
  if ('webhook' in target) {
    const refused = checkCallback(target.webhook, policy.callbacks);
    if (refused !== undefined) throw SlowLaneError.from(refused);
    return;
  }
  const problem = mailProblem(target.email, policy.mail_domains);
  if (problem !== undefined) throw new SlowLaneError('pipeline.policy', `operation.notify: ${problem}`);
  if (mail === undefined)
    throw new SlowLaneError('pipeline.invalid', `operation.notify: ${target.email} can get no mail`, {
      hint: 'Set mail: with host and from in slowlane.yaml.',
    });
}

function checkLookup(field: string, http: string, { policy }: SlowLaneYaml): void {
  const refused = checkCallback(http.replaceAll('{key}', 'key'), policy.lookups);
  if (refused === undefined) return;
  throw new SlowLaneError(
    'pipeline.policy',
    `operation.mediate.enrich.${field}: ${refused.message.replace('callback', 'look-up')}`,
    { hint: 'Hosts that look-ups may ask stand in policy.lookups of slowlane.yaml.' },
  );
}
