import type { Paths, SlowLaneYaml } from '@slowlane/config';
import type { RootSpec } from '@slowlane/contracts';
import { discoverTools, hostRoot, type Tool } from '@slowlane/toolchains';
import { findCaBundle } from '../ground/ca-bundle.ts';

/** What builds, plugin code and runs see as their root file system, and the tools in it. */
export async function sandboxRoot(paths: Paths, config: SlowLaneYaml): Promise<{ root: RootSpec; tools: Tool[] }> {
  const places = { sbtLauncher: paths.sbtLauncher, sparkHome: paths.sparkSite, nodeBinary: paths.nodeBinary };
  const tools = await discoverTools({ ...places, declared: config.toolchains });
  const caBundle = findCaBundle(config.ca_bundle);
  const root = await hostRoot({ tools, ...places, ...(caBundle === undefined ? {} : { caBundle }) });
  return { root, tools };
}
