import { SlowLaneError } from '@slowlane/contracts';
import type { Logger, PluginManifest } from '@slowlane/contracts';

/** After a failure a plugin is left alone for so long: one that hangs while it is loaded would hold up every push. */
const retryAfterMs = 60_000;

/**
 * The manifests of plugins, each asked for once: a plugin's code does not change while the service runs. One that cannot be loaded is left out, with an
 * error in the log, so that it costs nobody else's build; when none can be loaded the first failure is thrown. What is no plugin's fault is thrown too.
 */
export function knownManifests<P extends { id: string }>(
  plugins: readonly P[],
  load: (plugin: P) => Promise<PluginManifest>,
  logger: Logger,
): () => Promise<PluginManifest[]> {
  const known = new Map<string, PluginManifest>();
  const failed = new Map<string, { error: SlowLaneError; at: number }>();
  let asking: Promise<unknown> | undefined;

  async function ask(plugin: P): Promise<void> {
    const before = failed.get(plugin.id);
    if (known.has(plugin.id) || (before !== undefined && performance.now() - before.at < retryAfterMs)) return;
    try {
      known.set(plugin.id, await load(plugin));
      failed.delete(plugin.id);
    } catch (error) {
      if (!(error instanceof SlowLaneError) || error.code !== 'plugin.failed') throw error;
      failed.set(plugin.id, { error, at: performance.now() });
      logger.error({ plugin: plugin.id, error: error.message }, 'a language plugin cannot be loaded, it is left out');
    }
  }

  return async () => {
    asking ??= Promise.all(plugins.map(ask)).finally(() => (asking = undefined));
    await asking;
    const manifests = plugins.flatMap(({ id }) => known.get(id) ?? []);
    const [first] = failed.values();
    if (manifests.length === 0 && first !== undefined) throw first.error;
    return manifests;
  };
}
