import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { pluginFolders } from '../plugins.gen.ts';
import { PluginId } from './schema.ts';

const templateId = 'go';

/** Copies the template of a plugin into a new folder `plugin-NAME` below `parent`, under that id. Throws `cli.usage`. */
export function newPlugin(
  name: string,
  { repository, parent }: { repository: string; parent: string },
): { folder: string; files: string[]; line: string } {
  const id = PluginId.safeParse(name);
  if (!id.success)
    throw new SlowLaneError('cli.usage', `"${name}" is no id of a plugin: ${id.error.issues[0]?.message}`);
  if (pluginFolders.some((plugin) => plugin.id === name))
    throw new SlowLaneError('cli.usage', `there is a plugin "${name}" already, which ships with Slow Lane`, {
      hint: 'Choose another name.',
    });
  const folder = join(resolve(parent), `plugin-${name}`);
  if (existsSync(folder)) throw new SlowLaneError('cli.usage', `${folder} is there already`);
  mkdirSync(resolve(parent), { recursive: true });
  cpSync(join(repository, 'templates', 'plugin-go'), folder, { recursive: true });
  if (name !== templateId) for (const file of ownFiles) rename(join(folder, file), name);
  const files = (
    readdirSync(folder, { recursive: true, withFileTypes: true }) as {
      isFile(): boolean;
      parentPath: string;
      name: string;
    }[]
  )
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  return { folder, files, line: `plugins: [./plugin-${name}]` };
}

/** Files that name the plugin. The tool and the registry stay Go's: the author changes them when the language is another one. */
const ownFiles = [
  'package.json',
  'src/index.ts',
  'src/plan.ts',
  'src/inspect.ts',
  'README.md',
  'example/.slowlane/time-zones.yaml',
];

function rename(file: string, name: string): void {
  const text = readFileSync(file, 'utf8')
    .replaceAll('slowlane-plugin-go', `slowlane-plugin-${name}`)
    .replaceAll('plugin-go', `plugin-${name}`)
    .replace(/"plugin": "go"/, `"plugin": "${name}"`)
    .replace(/^(\s+)id: 'go',$/m, `$1id: '${name}',`)
    .replace(/^(\s+)plugin: 'go',$/m, `$1plugin: '${name}',`)
    .replace(/^language: go$/m, `language: ${name}`)
    .replace(/go@(\d)/g, `${name}@$1`);
  writeFileSync(file, text);
}
