import type { ToolchainsView } from '@slowlane/cli';
import { howToAddTool, knownTools } from '@slowlane/kit';
import type { Installation } from '../processes/installation.ts';
import { sandboxRoot } from '../processes/sandbox-root.ts';

/** What builds on this machine can ask for, and how to add what is missing. */
export async function listToolchains({ paths, config }: Installation): Promise<ToolchainsView> {
  const { root, tools } = await sandboxRoot(paths, config);
  const missing = Object.entries(knownTools).filter(([name]) => !tools.some((tool) => tool.name === name));
  return {
    root: root.digest,
    tools: tools.map(({ name, version, home, inside }) => ({ name, version, home, inside })),
    missing: missing.map(([name, { use }]) => ({ name, use, remedy: howToAddTool(name) })),
  };
}
