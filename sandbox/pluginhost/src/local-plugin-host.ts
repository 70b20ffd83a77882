import type { Logger, PluginHost, SandboxDriver } from '@slowlane/contracts';
import { createLocalDriver } from './local-driver.ts';
import { startPluginHost } from './plugin-host.ts';

/**
 * Plugins in plain processes of the caller, for an author on the author's own machine, where nothing of Slow Lane runs. Node's permission model keeps them
 * from files, processes and the environment, so that what passes here does not fail in the sandbox; the network is not closed here.
 */
export function startLocalPluginHost(options: {
  repositoryDir: string;
  plugins: readonly { id: string; folder: string; signsAs?: string }[];
  /** Limit of one call, and of loading the plugin (default 10,000 ms). */
  callTimeoutMs?: number;
  node: string;
  logger: Logger;
}): Promise<PluginHost> {
  const { node, ...rest } = options;
  return startPluginHost({
    ...rest,
    driver: createLocalDriver() as SandboxDriver,
    root: { digest: '', binds: [], symlinks: [], files: [] },
    local: { node },
  });
}
