import { putJson, readJsonBlob } from '@slowlane/artifacts';
import type { PlanConfig, TreeSnapshot } from '@slowlane/contracts';
import { checkOptions } from '../check-options.ts';
import { checkPlan } from '../check-plan.ts';
import { manifestOf } from '../manifest-of.ts';
import { need } from '../need.ts';
import { pipelineOf, runtimeOf } from '../pipeline-of.ts';
import type { StageContext } from '../stage-context.ts';

/** Asks the plugin how to build the project, and holds the answer against machine and policy. */
export async function plan({ deps, record, log }: StageContext): Promise<void> {
  if (record.found.cachedFrom !== undefined) return;
  await deps.builds.advance(record.id, 'planning', {});
  const plugin = need(record.found.plugin, 'plugin');
  const file = await pipelineOf(deps, record);
  const manifest = await manifestOf(deps.plugins, plugin);
  checkOptions(file.build.options, manifest);
  const tree = (await readJsonBlob(deps.blobs, need(record.found.snapshot, 'snapshot'))) as TreeSnapshot;
  const config: PlanConfig = {
    runTests: file.build.test,
    coverage: file.build.coverage !== undefined,
    runtime: runtimeOf(file, deps),
    main: file.job.main,
    artifact: file.build.artifact,
    options: file.build.options,
    toolchains: [...deps.toolchains],
  };
  const made = await deps.plugins.plan(plugin, tree, config);
  const registries = Object.keys(deps.gateway.upstreams());
  checkPlan(made, { manifest, file, policy: deps.policy, toolchains: deps.toolchains, registries });
  await log.say(made.tools.map((tool) => `${tool.name} ${tool.version} (${tool.source})`).join(', '));
  await deps.builds.advance(record.id, 'planning', { plan: (await putJson(deps.blobs, made)).digest });
}
