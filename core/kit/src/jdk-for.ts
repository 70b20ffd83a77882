import type { PlanConfig, ToolRequirement } from '@slowlane/contracts';

/** The oldest installed JDK that makes class files for the runtime; where there is none, the runtime's own version, which the core then misses by name. */
export function jdkFor({ toolchains, runtime }: Pick<PlanConfig, 'toolchains' | 'runtime'>): ToolRequirement {
  const major = (version: string): number => Number.parseInt(version, 10);
  const jdk = toolchains
    .filter((tool) => tool.name === 'jdk' && major(tool.version) >= runtime.java)
    .sort((a, b) => major(a.version) - major(b.version))[0];
  return { name: 'jdk', version: jdk?.version ?? String(runtime.java), source: `runtime ${runtime.version}` };
}
