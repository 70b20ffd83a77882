import type { PlanConfig, ToolRequirement } from '@slowlane/contracts';

/** The installed Python of the runtime's version, else the first one there is; where there is none, the runtime's own version. */
export function pythonFor({ toolchains, runtime }: Pick<PlanConfig, 'toolchains' | 'runtime'>): ToolRequirement {
  const pythons = toolchains.filter((tool) => tool.name === 'python');
  const chosen = pythons.find((tool) => tool.version.startsWith(`${runtime.python}.`)) ?? pythons[0];
  return { name: 'python', version: chosen?.version ?? runtime.python, source: `runtime ${runtime.version}` };
}
