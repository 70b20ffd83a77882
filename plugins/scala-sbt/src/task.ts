import type { ArtifactManifest, PublishedPaths, TaskSettings } from '@slowlane/contracts';

export function task(manifest: ArtifactManifest, published: PublishedPaths): TaskSettings {
  const companions = Object.keys(published.companions)
    .sort()
    .map((name) => published.companions[name] as string);
  return {
    task: { spark_jar_task: { main_class_name: manifest.main } },
    libraries: [published.primary, ...companions].map((jar) => ({ jar })),
  };
}
