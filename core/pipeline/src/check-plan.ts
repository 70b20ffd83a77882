import type { BuildPlan, PipelineFile, PluginManifest, Policy } from '@slowlane/contracts';
import { SlowLaneError } from '@slowlane/contracts';
import { howToAddTool, isLinearPattern } from '@slowlane/kit';

export interface PlanChecks {
  manifest: PluginManifest;
  file: PipelineFile;
  policy: Policy;
  /** What the machine has. */
  toolchains: readonly { name: string; version: string }[];
  /** Registries that the gateway knows. */
  registries: readonly string[];
}

/**
 * Holds a plan against what its plugin declared, what the machine has and what the policy allows; gives the registries that the resolve phase
 * may ask. Throws `toolchain.missing`, `build.egress-denied`, or `plugin.failed` for a plan that breaks its contract.
 */
export function checkPlan(plan: BuildPlan, checks: PlanChecks): string[] {
  checkShape(plan, checks.manifest);
  checkTools(plan, checks);
  return checkEgress(plan, checks);
}

function checkShape(plan: BuildPlan, manifest: PluginManifest): void {
  const broken = (what: string): SlowLaneError =>
    new SlowLaneError('plugin.failed', `plugin ${manifest.id} ${manifest.version}: ${what}`);
  if (plan.plugin !== manifest.id) throw broken(`its plan names the plugin "${plan.plugin}"`);
  const paths = [...plan.files.map((file) => file.path), ...plan.steps.map((step) => step.cwd)];
  const outside = paths.find((path) => path.startsWith('/') || path.split('/').includes('..'));
  if (outside !== undefined) throw broken(`the path "${outside}" leaves /work`);
  const patterns = plan.steps.flatMap((step) => [
    ...step.missPatterns,
    ...step.failurePatterns.map((entry) => entry.pattern),
  ]);
  const costly = patterns.find((pattern) => !isLinearPattern(pattern));
  if (costly !== undefined)
    throw broken(`the pattern ${JSON.stringify(costly)} is not one that is matched in bounded time`);
  const undeclared = manifest.registries.includes('*')
    ? undefined
    : plan.registries.find((registry) => !manifest.registries.includes(registry));
  if (undeclared !== undefined) throw broken(`the registry "${undeclared}" is not in its manifest`);
}

function checkTools(plan: BuildPlan, { toolchains }: PlanChecks): void {
  for (const tool of plan.tools) {
    const installed = toolchains.filter(({ name }) => name === tool.name).map(({ version }) => version);
    if (installed.some((version) => version === tool.version || version.startsWith(`${tool.version}.`))) continue;
    const have = installed.length === 0 ? 'none is installed' : `installed: ${installed.join(', ')}`;
    throw new SlowLaneError(
      'toolchain.missing',
      `the project wants ${tool.name} ${tool.version} (${tool.source}); ${have}`,
      {
        hint: `${howToAddTool(tool.name, tool.version)} What is there: slowlane toolchain ls`,
        data: { tool: tool.name, version: tool.version, source: tool.source, installed },
      },
    );
  }
}

function checkEgress(plan: BuildPlan, { file, policy, registries }: PlanChecks): string[] {
  const wanted = file.build.egress ?? plan.registries;
  const forbidden = wanted.filter((registry) => !policy.egress.includes(registry));
  if (forbidden.length > 0) {
    throw new SlowLaneError(
      'build.egress-denied',
      `the build needs the registry ${forbidden.join(', ')}; the policy allows ${policy.egress.join(', ') || 'none'}`,
      { hint: 'Ask the platform team to allow it under policy.egress.' },
    );
  }
  const unknown = wanted.filter((registry) => !registries.includes(registry));
  if (unknown.length > 0) {
    throw new SlowLaneError(
      'build.egress-denied',
      `the dependency gateway does not know the registry ${unknown.join(', ')}; it knows ${registries.join(', ') || 'none'}`,
      { hint: 'Ask the platform team to add it under registries.' },
    );
  }
  return wanted;
}
