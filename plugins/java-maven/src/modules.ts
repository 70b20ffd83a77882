import { PlanRefusal } from '@slowlane/contracts';
import type { TreeSnapshot } from '@slowlane/contracts';
import { type Pom, type PomPlugin, readPom } from './pom.ts';

export interface Module {
  /** Folder relative to the project, `.` for its top. */
  folder: string;
  pom: Pom;
}

/** The module that is the driver: the one that makes a JAR, or the one that `build.options.module` names. */
export function driverModule(tree: TreeSnapshot, wanted: string | undefined): Module {
  const modules = allModules(tree);
  const named = wanted?.replace(/^\.\//, '').replace(/\/$/, '');
  const jars = modules.filter(({ pom }) => pom.packaging === 'jar');
  const candidates = jars.map(({ folder }) => folder);
  if (named !== undefined) {
    const found = jars.find(({ folder }) => folder === named);
    if (found !== undefined) return found;
    throw new PlanRefusal('plan.refused', `build.options.module: "${named}" is no module that makes a JAR`, {
      hint: candidates.length === 0 ? 'Set <packaging>jar</packaging>.' : `One of: ${candidates.join(', ')}`,
      candidates,
    });
  }
  if (jars.length === 1) return jars[0] as Module;
  throw jars.length === 0 ? noJar(modules) : severalJars(candidates);
}

/** Build plugins of a module with those of its parents inside the tree: all of them take part in its build. */
export function pluginsOf(tree: TreeSnapshot, module: Module, which: 'plugins' | 'managed' = 'plugins'): PomPlugin[] {
  const plugins: PomPlugin[] = [];
  let current: Module | undefined = module;
  for (let depth = 0; current !== undefined && depth < 20; depth++) {
    plugins.push(...current.pom[which]);
    const parentPath: string | undefined = current.pom.parentPath;
    const path: string | undefined = parentPath === undefined ? undefined : resolve(current.folder, parentPath);
    const text: string | undefined = path === undefined ? undefined : tree.contents[path];
    const pom: Pom | undefined = text === undefined ? undefined : readPom(text);
    current = pom === undefined ? undefined : { folder: (path as string).replace(/\/?pom\.xml$/, '') || '.', pom };
  }
  return plugins;
}

function allModules(tree: TreeSnapshot): Module[] {
  const found = new Map<string, Module>();
  const open = ['.'];
  for (let folder = open.shift(); folder !== undefined; folder = open.shift()) {
    if (found.has(folder)) continue;
    const path = resolve(folder, 'pom.xml');
    const text = path === undefined ? undefined : tree.contents[path];
    const pom = text === undefined ? undefined : readPom(text);
    if (pom === undefined)
      throw new PlanRefusal('plan.refused', `${path ?? folder}: the POM of a module is missing or cannot be read`, {
        hint: 'Check <modules> of the POM above it.',
      });
    found.set(folder, { folder, pom });
    for (const name of pom.modules) open.push(moduleFolder(folder, name));
  }
  return [...found.values()];
}

function moduleFolder(folder: string, name: string): string {
  const path = resolve(folder, name.replace(/\/pom\.xml$/, ''));
  if (path !== undefined) return path;
  throw new PlanRefusal('plan.refused', `the module "${name}" lies outside the project folder`, {
    hint: 'Set source.path to a folder that holds all modules.',
  });
}

/** A path relative to a folder of the tree; undefined where it leaves the tree. */
function resolve(folder: string, path: string): string | undefined {
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.length === 0 ? '.' : parts.join('/');
}

function noJar(modules: readonly Module[]): PlanRefusal {
  const what = modules.map(({ folder, pom }) => `${folder} (${pom.packaging})`).join(', ');
  return new PlanRefusal('plan.refused', `no module makes a JAR: ${what}`, {
    hint: 'A driver is a module with <packaging>jar</packaging>.',
  });
}

function severalJars(candidates: string[]): PlanRefusal {
  return new PlanRefusal('plan.refused', `${candidates.length} modules make a JAR: ${candidates.join(', ')}`, {
    hint: `Name the driver in the pipeline file: build: { options: { module: ${candidates[0] ?? 'app'} } }`,
    candidates,
  });
}
