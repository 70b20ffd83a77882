import { mkdirSync } from 'node:fs';
import type { PinnedView } from '@slowlane/cli';
import { pinRoot } from '@slowlane/toolchains';
import type { Installation } from '../processes/installation.ts';
import { pinRequest } from '../processes/sandbox-root.ts';

/** Makes the root file system that `sandbox.root: pinned` stands for, from this machine's Debian mirror. Needs root's rights. */
export async function pinToolchain(
  { paths, config }: Installation,
  { refresh }: { refresh: boolean },
  say: (line: string) => void,
): Promise<PinnedView> {
  const asRoot = process.getuid?.() === 0 ? [] : ['/usr/bin/sudo', '-n', '--'];
  mkdirSync(paths.home, { recursive: true, mode: 0o755 });
  const root = await pinRoot({ ...pinRequest(paths, config), isFresh: refresh, asRoot, say });
  const { digest, suite, packages, folder } = root;
  return { digest, suite, packages, folder, isUsed: config.sandbox.root === 'pinned' };
}
