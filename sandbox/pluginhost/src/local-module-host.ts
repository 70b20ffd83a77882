import type { Logger, ModuleHost } from '@slowlane/contracts';
import { createLocalDriver } from './local-driver.ts';
import { moduleRunner, startModuleHost } from './module-host.ts';

/** Modules in plain processes of the caller: for tests of an operation on its author's machine, where nothing of Slow Lane runs. */
export function startLocalModuleHost({ logger, node }: { logger: Logger; node: string }): ModuleHost {
  return startModuleHost({
    driver: createLocalDriver(),
    root: { digest: '', binds: [], symlinks: [], files: [] },
    size: 1,
    paths: { node, runner: moduleRunner },
    logger,
  });
}
