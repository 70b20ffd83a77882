import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** The registry that `core/app` loads; a test compares it with the folders. */
export const registryFile = join(root, 'core/app/src/plugins.gen.ts');

/** Text of the registry: one entry per folder of `plugins/` that holds a plugin, by name. */
export function pluginRegistry(repositoryDir: string = root): string {
  const ids = readdirSync(join(repositoryDir, 'plugins'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(repositoryDir, 'plugins', entry.name, 'src/index.ts')))
    .map((entry) => entry.name)
    .sort();
  return [
    '// Written by tools/generate-plugin-registry.ts from the folders of plugins/. Do not edit.',
    'export const pluginFolders: { id: string; folder: string }[] = [',
    ...ids.map((id) => `  { id: '${id}', folder: 'plugins/${id}' },`),
    '];',
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(registryFile, pluginRegistry());
