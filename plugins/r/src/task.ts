import type { ArtifactManifest, PublishedPaths, TaskSettings } from '@slowlane/contracts';

/** R runs only as a notebook, on compute of its own; packages are installed by the notebook from where they were published. */
export function task(manifest: ArtifactManifest, published: PublishedPaths): TaskSettings {
  const libraries = Object.keys(published.companions).sort();
  return {
    task: {
      notebook_task: {
        notebook_path: `${published.primary}/${manifest.main}`,
        base_parameters: {
          slowlane_home: published.primary,
          slowlane_libraries: String(libraries.length),
          ...Object.fromEntries(
            libraries.map((name, index) => [`slowlane_library_${index + 1}`, published.companions[name] as string]),
          ),
        },
      },
    },
    libraries: [],
    dedicated: true,
  };
}
