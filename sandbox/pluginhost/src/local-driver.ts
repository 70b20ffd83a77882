import type { SandboxDriver } from '@slowlane/contracts';
import { start } from '@slowlane/process';
import { processSandbox } from './process-sandbox.ts';

/**
 * Plain processes of the caller, without a sandbox: for an author's own module on the author's own machine (`slowlane operation test`). Node's permission model
 * still keeps it from files and processes, so that what passes here does not fail in the sandbox.
 */
export function createLocalDriver(): Pick<SandboxDriver, 'create'> {
  return {
    create: async ({ id, env }) => processSandbox(id, ({ argv }) => start(argv, { stdin: 'pipe', env })),
  };
}
