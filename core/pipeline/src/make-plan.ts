import type { BuildPlan, PipelineFile, PlanConfig, TreeSnapshot } from '@slowlane/contracts';
import { checkOptions } from './check-options.ts';
import { checkPlan } from './check-plan.ts';
import { chooseLanguage } from './choose-language.ts';
import { manifestOf } from './manifest-of.ts';
import { runtimeOf } from './pipeline-of.ts';
import type { StageDeps } from './stage-deps.ts';

export type PlanDeps = Pick<StageDeps, 'plugins' | 'toolchains' | 'policy' | 'localPython'> & {
  gateway: Pick<StageDeps['gateway'], 'upstreams'>;
};

/** Language and plan of a project, as a build of it would have them; nothing is started or stored. */
export async function planProject(
  deps: PlanDeps,
  { file, tree }: { file: PipelineFile; tree: TreeSnapshot },
): Promise<{ plugin: string; evidence: string[]; plan: BuildPlan }> {
  const { plugin, evidence } = await chooseLanguage(deps.plugins, tree, file.language);
  return { plugin, evidence, plan: await makePlan(deps, { plugin, file, tree }) };
}

/** The plugin's plan, held against its manifest, the machine and the policy. Throws what the author or the platform team must change. */
export async function makePlan(
  deps: PlanDeps,
  { plugin, file, tree }: { plugin: string; file: PipelineFile; tree: TreeSnapshot },
): Promise<BuildPlan> {
  const manifest = await manifestOf(deps.plugins, plugin);
  checkOptions(file.build.options, manifest);
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
  return made;
}
