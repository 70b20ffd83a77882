import { readlinkSync } from 'node:fs';
import { createBubblewrapDriver } from '@slowlane/bubblewrap';
import type { BubblewrapOptions } from '@slowlane/bubblewrap';
import type { SlowLaneYaml } from '@slowlane/config';
import { SlowLaneError } from '@slowlane/contracts';
import type { SandboxDriver } from '@slowlane/contracts';
import { createOciDriver } from '@slowlane/oci';
import type { EngineKind } from '@slowlane/oci';

const sockets: Record<EngineKind, string> = {
  docker: '/var/run/docker.sock',
  podman: '/run/podman/podman.sock',
};

/**
 * The driver that `sandbox:` in slowlane.yaml names. One over a container engine is attacked before it is used, since its tightness is the engine's and not
 * ours. Throws `sandbox.failed` with what did not hold.
 */
export async function openSandboxDriver(
  { driver: kind, socket }: SlowLaneYaml['sandbox'],
  options: BubblewrapOptions,
): Promise<SandboxDriver> {
  if (kind === 'bubblewrap') return createBubblewrapDriver(options);
  checkMountNamespace(kind);
  const driver = await createOciDriver({ ...options, engine: { kind, socketPath: socket ?? sockets[kind] } });
  const report = await driver.probe();
  const failed = report.findings.filter((finding) => !finding.ok);
  if (failed.length === 0) return driver;
  throw new SlowLaneError(
    'sandbox.failed',
    `the ${kind} driver does not hold ${failed.length} of ${report.findings.length} attacks: ${failed.map((one) => `${one.test} (${one.detail})`).join('; ')}`,
    { hint: 'Mend the engine, or use sandbox: { driver: bubblewrap } in slowlane.yaml.' },
  );
}

/** An engine binds what it sees itself: the folders and volumes of a helper in a mount namespace of its own are not there for it. */
function checkMountNamespace(kind: EngineKind): void {
  if (readlinkSync('/proc/self/ns/mnt') === readlinkSync('/proc/1/ns/mnt')) return;
  throw new SlowLaneError(
    'sandbox.failed',
    `sandbox.driver: the ${kind} engine cannot see the folders of a helper that root has started in a mount namespace of its own`,
    { hint: 'Start Slow Lane as an ordinary user that may use sudo, or use sandbox: { driver: bubblewrap }.' },
  );
}
