import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { pluginFolders } from '../plugins.gen.ts';
import { PackageJson } from './schema.ts';

/** Where one language plugin is. */
export interface PluginPlace {
  /** What pipeline files call it: its id, or `id@version` where the id is taken. */
  id: string;
  /** What it calls itself in its manifest. */
  signsAs: string;
  /** Absolute, or relative to this repository. */
  folder: string;
  source: 'built-in' | 'folder' | 'npm';
}

/**
 * The plugins that ship, and those that `plugins` of slowlane.yaml names: folders (relative to that file), or npm packages beside it. Two of
 * one id stand side by side as `id@version`; those that ship keep their id. Throws `config.invalid`.
 */
export function pluginPlaces(declared: readonly string[], configFile: string): PluginPlace[] {
  const builtIn = pluginFolders.map(({ id, folder }): PluginPlace => ({ id, signsAs: id, folder, source: 'built-in' }));
  const foreign = declared.map((entry) => readPlace(entry, configFile));
  const count = (id: string): number => [...builtIn, ...foreign].filter(({ signsAs }) => signsAs === id).length;
  const placed = foreign.map(({ version, ...place }) => ({
    ...place,
    id: count(place.signsAs) === 1 ? place.signsAs : `${place.signsAs}@${version}`,
  }));
  const ids = [...builtIn, ...placed].map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw invalid(configFile, `the plugin ${twice} is there twice`);
  return [...builtIn, ...placed];
}

type Declared = Omit<PluginPlace, 'id'> & { version: string };

function readPlace(entry: string, configFile: string): Declared {
  const isFolder = isAbsolute(entry) || /^\.{1,2}(\/|$)/.test(entry);
  const folder = isFolder ? resolve(dirname(configFile), entry) : packageFolder(entry, configFile);
  const { id, version } = identityOf(folder, configFile, entry);
  return { signsAs: id, version, folder, source: isFolder ? 'folder' : 'npm' };
}

function packageFolder(name: string, configFile: string): string {
  try {
    return dirname(createRequire(resolve(configFile)).resolve(`${name}/package.json`));
  } catch (cause) {
    throw invalid(configFile, `there is no npm package "${name}" in node_modules beside the file`, {
      hint: `npm install ${name} in ${dirname(configFile)}, or write a folder as ./${name}`,
      cause,
    });
  }
}

/** Id and version as its `package.json` says them: `{ "version": "1.0.0", "slowlane": { "plugin": "go" } }`. */
function identityOf(folder: string, configFile: string, entry: string): { id: string; version: string } {
  try {
    const { slowlane, version } = PackageJson.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
    return { id: slowlane.plugin, version };
  } catch (cause) {
    throw invalid(configFile, `"${entry}": ${folder}/package.json cannot be read as that of a plugin`, {
      hint: 'It needs "version": "x.y.z" and "slowlane": { "plugin": "ID" }. slowlane plugin new makes such a folder.',
      cause,
    });
  }
}

function invalid(configFile: string, what: string, more: { hint?: string; cause?: unknown } = {}): SlowLaneError {
  return new SlowLaneError('config.invalid', `${configFile}: plugins: ${what}`, more);
}
