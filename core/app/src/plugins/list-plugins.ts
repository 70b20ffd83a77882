import { resolve } from 'node:path';
import type { Logger, PluginHost } from '@slowlane/contracts';
import { failureOf } from '@slowlane/contracts';
import type { PluginsView } from '@slowlane/cli';
import { startLocalPluginHost } from '@slowlane/pluginhost';
import type { Installation } from '../processes/installation.ts';
import { type PluginPlace, pluginPlaces } from './plugin-places.ts';

/** The plugins of this installation, each as it describes itself. One that cannot be loaded is shown with the reason, and hides no other. */
export async function listPlugins(
  { config, environment, repository }: Pick<Installation, 'config' | 'environment' | 'repository'>,
  { node, logger }: { node: string; logger: Logger },
): Promise<PluginsView> {
  const places = pluginPlaces(config.plugins, environment.configFile);
  const plugins = await Promise.all(
    places.map(async (place) => {
      const host = await startLocalPluginHost({ repositoryDir: repository, plugins: [place], node, logger });
      try {
        return await describe(place, host, repository);
      } finally {
        await host.close();
      }
    }),
  );
  return { plugins };
}

async function describe(
  place: PluginPlace,
  host: PluginHost,
  repository: string,
): Promise<PluginsView['plugins'][number]> {
  const base = { id: place.id, source: place.source, folder: resolve(repository, place.folder) };
  const none = { version: '', recognises: [], toolchains: [], registries: [] };
  try {
    const [manifest] = await host.manifests();
    if (manifest === undefined) return { ...base, ...none, problem: 'it has no manifest' };
    const { version, reads, toolchains, registries } = manifest;
    return { ...base, version, recognises: reads.map(({ glob }) => glob), toolchains, registries };
  } catch (error) {
    return { ...base, ...none, problem: failureOf(error).message };
  }
}
