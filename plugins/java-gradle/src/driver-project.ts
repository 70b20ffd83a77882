import { PlanRefusal } from '@slowlane/contracts';
import type { TreeSnapshot } from '@slowlane/contracts';
import { codeOf, includedProjects, projectFolders } from './gradle-text.ts';
import { withCatalogPlugins } from './version-catalog.ts';

export interface GradleProject {
  /** `:` for the top, else `:app`, `:jobs:daily`. */
  path: string;
  /** Relative to the tree, `.` for its top. */
  folder: string;
  /** Its build file without comments; empty where it has none or it was not read. */
  code: string;
}

/** The project that is the driver: the only one with sources, or the one that `build.options.project` names. */
export function driverProject(tree: TreeSnapshot, wanted: string | undefined): GradleProject {
  const projects = allProjects(tree);
  const named = wanted === undefined ? undefined : `:${wanted.replace(/^:/, '')}`;
  if (named !== undefined) {
    const found = projects.find(({ path }) => path === named);
    if (found !== undefined) return found;
    const candidates = projects.map(({ path }) => path);
    throw new PlanRefusal('plan.refused', `build.options.project: there is no project "${named}"`, {
      hint: `One of: ${candidates.join(', ')}`,
      candidates,
    });
  }
  if (projects.length === 1) return projects[0] as GradleProject;
  const withSources = projects.filter(({ folder }) => hasSources(tree, folder));
  const [only, ...others] = withSources;
  if (only !== undefined && others.length === 0) return only;
  throw several(withSources.length === 0 ? projects : withSources);
}

function allProjects(tree: TreeSnapshot): GradleProject[] {
  const settings = codeOf(tree.contents['settings.gradle'] ?? tree.contents['settings.gradle.kts'] ?? '');
  const moved = projectFolders(settings);
  const children = includedProjects(settings).map((name) => {
    const folder = moved.get(name) ?? name.replaceAll(':', '/');
    if (folder.startsWith('/') || folder.split('/').includes('..')) throw outside(name, folder);
    return { path: `:${name}`, folder, code: buildCode(tree, folder) };
  });
  return [{ path: ':', folder: '.', code: buildCode(tree, '.') }, ...children];
}

function buildCode(tree: TreeSnapshot, folder: string): string {
  const prefix = folder === '.' ? '' : `${folder}/`;
  const text = tree.contents[`${prefix}build.gradle`] ?? tree.contents[`${prefix}build.gradle.kts`] ?? '';
  return withCatalogPlugins(codeOf(text), tree);
}

function hasSources(tree: TreeSnapshot, folder: string): boolean {
  const prefix = folder === '.' ? '' : `${folder}/`;
  return tree.entries.some(
    ({ path }) =>
      path.startsWith(prefix) && /^src\/main\/(?:java|kotlin|scala|groovy)\//.test(path.slice(prefix.length)),
  );
}

function outside(name: string, folder: string): PlanRefusal {
  return new PlanRefusal('plan.refused', `the project "${name}" lies outside the project folder (${folder})`, {
    hint: 'Set source.path to a folder that holds all projects of the build.',
  });
}

function several(projects: readonly GradleProject[]): PlanRefusal {
  const candidates = projects.map(({ path }) => path);
  const example = (candidates.find((path) => path !== ':') ?? ':app').slice(1);
  return new PlanRefusal(
    'plan.refused',
    `${candidates.length} projects could be the driver: ${candidates.join(', ')}`,
    {
      hint: `Name it in the pipeline file: build: { options: { project: "${example}" } }`,
      candidates,
    },
  );
}
