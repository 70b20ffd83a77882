import type { Paths, SlowLaneYaml } from '@slowlane/config';
import type { RootSpec } from '@slowlane/contracts';
import { SlowLaneError } from '@slowlane/contracts';
import {
  debianSuite,
  discoverTools,
  findPinnedRoot,
  hostRoot,
  pinnedPackages,
  type PinnedRoot,
  type Tool,
} from '@slowlane/toolchains';
import { findCaBundle } from '../ground/ca-bundle.ts';

/** What slowlane.yaml asks to be pinned. */
export function pinRequest(paths: Paths, { sandbox }: SlowLaneYaml) {
  return { roots: paths.roots, suite: debianSuite(), packages: sandbox.packages ?? pinnedPackages };
}

/** What builds, plugin code and runs see as their root file system, and the tools in it. */
export async function sandboxRoot(paths: Paths, config: SlowLaneYaml): Promise<{ root: RootSpec; tools: Tool[] }> {
  const places = { sbtLauncher: paths.sbtLauncher, sparkHome: paths.sparkSite, nodeBinary: paths.nodeBinary };
  const system = config.sandbox.root === 'pinned' ? { pinned: pinnedRoot(paths, config) } : {};
  const tools = await discoverTools({ ...places, ...system, declared: config.toolchains });
  const caBundle = findCaBundle(config.ca_bundle);
  const root = await hostRoot({ tools, ...places, ...system, ...(caBundle === undefined ? {} : { caBundle }) });
  return { root, tools };
}

/** Throws `ground.missing` when it was not made yet: nothing is downloaded because a process starts. */
function pinnedRoot(paths: Paths, config: SlowLaneYaml): PinnedRoot {
  const found = findPinnedRoot(pinRequest(paths, config));
  if (found !== undefined) return found;
  throw new SlowLaneError('ground.missing', 'sandbox.root: pinned, but there is no such root file system yet', {
    hint: 'Run: slowlane toolchain pin',
  });
}
