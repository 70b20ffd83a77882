import { PlanRefusal } from '@slowlane/contracts';
import type { GradleProject } from './driver-project.ts';
import { hasShadow, jarTasks, unpacksLibraries } from './gradle-text.ts';

export interface JarTask {
  /** Undefined: shadowJar where there is one, else jar; only the running build knows what a plugin of the project applies. */
  name: string | undefined;
  /** Whether its JAR holds its libraries; otherwise they are companions. */
  isFat: boolean;
}

/** The task whose archive is the artifact. A build file that makes several JARs says which. */
export function jarTask(project: GradleProject, wanted: string | undefined): JarTask {
  const isShadow = hasShadow(project.code);
  const unpacks = unpacksLibraries(project.code);
  if (wanted !== undefined) return { name: wanted, isFat: wanted === 'shadowJar' || unpacks };
  const own = jarTasks(project.code).filter((name) => name !== 'jar' && name !== 'shadowJar');
  if (own.length > 0) throw severalJars(isShadow ? ['shadowJar', ...own] : ['jar', ...own]);
  return { name: undefined, isFat: isShadow || unpacks };
}

function severalJars(candidates: string[]): PlanRefusal {
  return new PlanRefusal('plan.refused', `${candidates.length} tasks make a JAR: ${candidates.join(', ')}`, {
    hint: `Name the one that makes the artifact: build: { options: { task: ${candidates[1] ?? 'jar'} } }`,
    candidates,
  });
}
