import type { ArtifactManifest, PublishedPaths, TaskSettings } from '@slowlane/contracts';
import { jarTask } from '@slowlane/kit';

/** R notebooks run only on compute of their own. @see https://docs.databricks.com/compute/access-mode-limitations.html */
export function task(manifest: ArtifactManifest, published: PublishedPaths): TaskSettings {
  if (manifest.kind === 'jar') return jarTask(manifest, published);
  const usesR = manifest.notebooks?.some(({ language }) => language === 'r') === true;
  return {
    task: { notebook_task: { notebook_path: `${published.primary}/${manifest.main}` } },
    libraries: [],
    ...(usesR ? { dedicated: true } : {}),
  };
}
