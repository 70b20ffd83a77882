import { PlanRefusal } from '@slowlane/contracts';
import type { TreeSnapshot } from '@slowlane/contracts';

export const buildProperties = 'project/build.properties';

/** The project's sbt version, or undefined where it leaves the choice to the launcher. Refuses versions that cannot be built here. */
export function sbtVersionOf(tree: TreeSnapshot): string | undefined {
  const version = /^[ \t]*sbt\.version[ \t]*[=:][ \t]*(\S+)/m.exec(tree.contents[buildProperties] ?? '')?.[1];
  if (version === undefined) return undefined;
  const [, major, minor] = /^(\d+)\.(\d+)(?:\.|-|$)/.exec(version) ?? [];
  // Before 1.4 JARs hold the time of the build, so the same source would give another digest each time.
  if (major === '1' && Number(minor) >= 4) return version;
  throw new PlanRefusal('plan.refused', `${buildProperties}: sbt ${version} is not supported`, {
    hint: 'Set sbt.version to 1.4 or a later 1.x.',
  });
}
