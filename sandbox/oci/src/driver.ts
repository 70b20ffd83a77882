import { attackDriver } from '@slowlane/abuse';
import type { SandboxDriver } from '@slowlane/contracts';
import { createDriver, instanceName, makePaths, removeInstance } from '@slowlane/driver-kit';
import type { DriverOptions } from '@slowlane/driver-kit';
import { removeEngineCgroups } from './engine-cgroups.ts';
import { engineVersion } from './engine.ts';
import type { Engine } from './engine.ts';
import { ociIsolation } from './isolation.ts';

export interface OciOptions extends DriverOptions {
  engine: Engine;
}

/**
 * The driver of tier oci: the same sandboxes as containers of a local Docker or Podman engine, whose socket this process alone holds. Throws
 * `sandbox.failed` when the engine does not answer, `ground.missing` when a tool is missing.
 */
export async function createOciDriver({ engine, ...options }: OciOptions): Promise<SandboxDriver> {
  options.logger.info({ engine: engine.kind, version: await engineVersion(engine) }, 'the engine answers');
  return createDriver(options, {
    kind: engine.kind,
    tools: ['/usr/bin/tini-static', '/usr/bin/nsenter', '/usr/sbin/mkfs.ext4'],
    isolation: (paths) => ociIsolation(engine, paths),
    probe: (driver, { paths, caller, isQuick }) =>
      attackDriver(driver, { tier: 'oci', folder: paths.state, hidden: [paths.run], caller, isQuick }),
  });
}

/** Removes all that a driver with this state folder has on the machine and in its engine. Only when no helper uses it. */
export async function removeOciInstance(stateDir: string, engine: Engine): Promise<void> {
  const paths = makePaths(stateDir);
  await removeInstance(stateDir, ociIsolation(engine, paths));
  removeEngineCgroups(instanceName(paths.state));
}
