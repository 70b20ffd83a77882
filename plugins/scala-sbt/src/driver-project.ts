import { PlanRefusal, type TreeSnapshot } from '@slowlane/contracts';
import { type ProjectDefinition, readBuildDefinition } from './build-definition.ts';

/**
 * The project of the build that is the driver: the one that `build.options.project` names, or the only one that has sources. `undefined`: the
 * build is one project at its top.
 */
export function driverProject(tree: TreeSnapshot, wanted: string | undefined): ProjectDefinition | undefined {
  const projects = sbtFiles(tree).flatMap(([, text]) => readBuildDefinition(text).projects);
  if (wanted === undefined && projects.every(({ folder }) => folder === '.')) return undefined;
  const driver = wanted === undefined ? onlyOneWithSources(tree, projects) : named(wanted, projects);
  if (driver.isMatrix)
    throw new PlanRefusal('plan.refused', `the sbt project "${driver.name}" is built for several platforms`, {
      hint: 'A driver runs on a JVM: make it a plain project, which may depend on the JVM side of others.',
    });
  return driver;
}

/** The `.sbt` files at the top, which define the build. */
export function sbtFiles(tree: TreeSnapshot): [string, string][] {
  return Object.entries(tree.contents).filter(([path]) => /^[^/]+\.sbt$/.test(path));
}

function named(wanted: string, projects: readonly ProjectDefinition[]): ProjectDefinition {
  const found = projects.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  throw new PlanRefusal('plan.refused', `build.options.project: the sbt build has no project "${wanted}"`, {
    hint: projects.length === 0 ? 'Leave the option out.' : `One of: ${projects.map(({ name }) => name).join(', ')}`,
    candidates: projects.map(({ name }) => name),
  });
}

function onlyOneWithSources(tree: TreeSnapshot, projects: readonly ProjectDefinition[]): ProjectDefinition {
  const candidates = projects.filter(({ folder }) => hasSources(tree, folder));
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  const shown = candidates.length === 0 ? projects : candidates;
  throw new PlanRefusal(
    'plan.refused',
    `${shown.length} projects of the sbt build could be the driver: ${shown.map(({ name }) => name).join(', ')}`,
    {
      hint: `Name it in the pipeline file: build: { options: { project: ${shown.at(-1)?.name ?? 'app'} } }`,
      candidates: shown.map(({ name, folder }) => `${name} (${folder})`),
    },
  );
}

function hasSources(tree: TreeSnapshot, folder: string): boolean {
  const below = folder === '.' ? 'src/main/' : `${folder.replace(/\/$/, '')}/src/main/`;
  return tree.entries.some(({ path }) => path.startsWith(below) && /\.(scala|java)$/.test(path));
}
