import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { SandboxMount } from '@slowlane/contracts';

/** Where the repository's layout is rebuilt inside, so that workspace links (`node_modules/@slowlane/*`) lead to their real folders. */
export const inside = '/slowlane';

/**
 * What a plugin's process sees of the host: the contracts, the kit, the packages those and the plugin depend on, the runner and the plugin's folder. The
 * plugin is never below a `node_modules` folder, where Node refuses to strip types.
 */
export async function pluginMounts(
  repositoryDir: string,
  plugin: { id: string; folder: string },
): Promise<SandboxMount[]> {
  const pluginFolder = resolve(repositoryDir, plugin.folder);
  const projects = [join(repositoryDir, 'core/contracts'), join(repositoryDir, 'core/kit'), pluginFolder];
  const packages = new Map<string, string>();
  for (const project of projects) await addPackages(packages, project, repositoryDir);
  return [
    { kind: 'ro', source: join(repositoryDir, 'package.json'), target: `${inside}/package.json` },
    { kind: 'ro', source: join(repositoryDir, 'core/contracts'), target: `${inside}/core/contracts` },
    { kind: 'ro', source: join(repositoryDir, 'core/kit'), target: `${inside}/core/kit` },
    { kind: 'ro', source: join(repositoryDir, 'node_modules/@slowlane'), target: `${inside}/node_modules/@slowlane` },
    ...[...packages].map(([name, source]): SandboxMount => ({
      kind: 'ro',
      source,
      target: `${inside}/node_modules/${name}`,
    })),
    {
      kind: 'ro',
      source: join(import.meta.dirname, 'runner.ts'),
      target: `${inside}/sandbox/pluginhost/src/runner.ts`,
    },
    { kind: 'ro', source: pluginFolder, target: placeInside(plugin.id) },
  ];
}

/** Folder of a plugin inside; the one of `go@1.0.0` is `go-1.0.0`. */
export function placeInside(id: string): string {
  return `${inside}/plugins/${id.replace('@', '-')}`;
}

/** The dependencies of a project that lie in the root's `node_modules`, and theirs; what lies in the project's own comes with its folder. */
async function addPackages(found: Map<string, string>, project: string, repositoryDir: string): Promise<void> {
  for (const name of await dependenciesOf(project)) {
    const source = join(repositoryDir, 'node_modules', name);
    if (
      name.startsWith('@slowlane/') ||
      found.has(name) ||
      (await isFolder(join(project, 'node_modules', name))) ||
      !(await isFolder(source))
    )
      continue;
    found.set(name, source);
    await addPackages(found, source, repositoryDir);
  }
}

async function dependenciesOf(project: string): Promise<string[]> {
  const text = await readFile(join(project, 'package.json'), 'utf8').catch(() => '{}');
  const { dependencies } = JSON.parse(text) as { dependencies?: Record<string, string> };
  return Object.keys(dependencies ?? {}).filter((name) => /^(@[a-z0-9._-]+\/)?[a-z0-9._-]+$/.test(name));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
