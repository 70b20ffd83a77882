import { PlanRefusal, type Runtime, type TreeSnapshot } from '@slowlane/contracts';
import { readBuildDefinition } from './build-definition.ts';
import { sbtFiles } from './driver-project.ts';

/**
 * Of a cross-built project the Scala version that the runtime needs: one artifact per pipeline, so a job on another runtime is another pipeline.
 * `undefined` where the build has one version.
 */
export function scalaChoice(tree: TreeSnapshot, { scala, version }: Runtime): string | undefined {
  const versions = [...new Set(sbtFiles(tree).flatMap(([, text]) => readBuildDefinition(text).crossVersions))];
  if (versions.length < 2) return undefined;
  const fitting = versions.filter((one) => one.startsWith(`${scala}.`));
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only;
  throw new PlanRefusal(
    'plan.refused',
    fitting.length === 0
      ? `crossScalaVersions (${versions.join(', ')}) has no Scala ${scala}, which ${version} needs`
      : `crossScalaVersions has several Scala ${scala} versions: ${fitting.join(', ')}`,
    {
      hint: fitting.length === 0 ? 'Add that version, or set job.runtime to one that fits.' : 'Keep one of them.',
      candidates: versions,
    },
  );
}
