import type { PluginHost, PluginManifest } from '@slowlane/contracts';

/**
 * A plugin host that asks for the manifests once: they are needed for every push, and asking would start a sandbox for a push that needs
 * none. A plugin's code cannot change while the service runs.
 */
export function withCachedManifests(host: PluginHost): PluginHost {
  let known: Promise<PluginManifest[]> | undefined;
  return {
    manifests() {
      known ??= host.manifests().catch((error: unknown) => {
        known = undefined;
        throw error;
      });
      return known;
    },
    detect: (...args) => host.detect(...args),
    plan: (...args) => host.plan(...args),
    inspect: (...args) => host.inspect(...args),
    task: (...args) => host.task(...args),
    close: () => host.close(),
  };
}
