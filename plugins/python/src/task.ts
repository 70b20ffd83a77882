import { PlanRefusal } from '@slowlane/contracts';
import type { ArtifactManifest, PublishedPaths, TaskSettings } from '@slowlane/contracts';

export function task(manifest: ArtifactManifest, published: PublishedPaths): TaskSettings {
  const companions = Object.keys(published.companions)
    .sort()
    .map((name) => published.companions[name] as string);
  if (manifest.kind === 'python-script')
    return {
      task: { spark_python_task: { python_file: published.primary } },
      libraries: companions.map((whl) => ({ whl })),
    };
  if (manifest.python === undefined)
    throw new PlanRefusal('artifact.invalid', 'the manifest of a wheel names no package');
  return {
    task: { python_wheel_task: { package_name: manifest.python.package, entry_point: manifest.main } },
    libraries: [published.primary, ...companions].map((whl) => ({ whl })),
  };
}
