import { type PluginHost, type PluginManifest, SlowLaneError } from '@slowlane/contracts';

export async function manifestOf(plugins: PluginHost, id: string): Promise<PluginManifest> {
  const manifest = (await plugins.manifests()).find((one) => one.id === id);
  if (manifest === undefined) throw new SlowLaneError('plugin.failed', `the plugin ${id} is gone`);
  return manifest;
}
