import type { ArtifactManifest, PublishedPaths, TaskSettings } from '@slowlane/contracts';

/** Databricks has no task for a binary: a Python function of the wheel starts it on the driver. */
export function task(manifest: ArtifactManifest, published: PublishedPaths): TaskSettings {
  return {
    task: { python_wheel_task: { package_name: manifest.main, entry_point: manifest.main } },
    libraries: [{ whl: published.primary }],
  };
}
