import { putJson, readJsonBlob } from '@slowlane/artifacts';
import type { TreeSnapshot } from '@slowlane/contracts';
import { checkTrustMeans } from '../check-trust.ts';
import { makePlan } from '../make-plan.ts';
import { need } from '../need.ts';
import { pipelineOf } from '../pipeline-of.ts';
import type { StageContext } from '../stage-context.ts';

/** Asks the plugin how to build the project, and holds the answer against machine and policy. */
export async function plan({ deps, record, log }: StageContext): Promise<void> {
  if (record.found.cachedFrom !== undefined) return;
  await deps.builds.advance(record.id, 'planning', {});
  const plugin = need(record.found.plugin, 'plugin');
  const file = await pipelineOf(deps, record);
  const tree = (await readJsonBlob(deps.blobs, need(record.found.snapshot, 'snapshot'))) as TreeSnapshot;
  const made = await makePlan(deps, { plugin, file, tree });
  checkTrustMeans(made, deps);
  await log.say(made.tools.map((tool) => `${tool.name} ${tool.version} (${tool.source})`).join(', '));
  const varies = made.varies ?? [];
  await log.lines(varies.map((reason) => `not reproducible: ${reason}`));
  await deps.builds.advance(record.id, 'planning', {
    ...(varies.length === 0 ? {} : { varies }),
    plan: (await putJson(deps.blobs, made)).digest,
  });
}
