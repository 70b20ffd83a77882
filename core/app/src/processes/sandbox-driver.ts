import { readlinkSync } from 'node:fs';
import { createBubblewrapDriver, isRootless } from '@slowlane/bubblewrap';
import type { BubblewrapOptions } from '@slowlane/bubblewrap';
import type { SlowLaneYaml } from '@slowlane/config';
import { SlowLaneError } from '@slowlane/contracts';
import type { SandboxDriver } from '@slowlane/contracts';
import { createOciDriver } from '@slowlane/oci';
import type { EngineKind } from '@slowlane/oci';
import { proveDriver } from './prove-driver.ts';

const sockets: Record<EngineKind, string> = {
  docker: '/var/run/docker.sock',
  podman: '/run/podman/podman.sock',
};

/**
 * The driver that `sandbox:` in slowlane.yaml names. It is attacked before it is used: by the starred attacks, and by all of them where its tightness is an
 * engine's and not ours. Throws `sandbox.failed` with what did not hold.
 */
export async function openSandboxDriver(
  { driver: kind, socket, tier }: SlowLaneYaml['sandbox'],
  options: BubblewrapOptions,
): Promise<SandboxDriver> {
  checkTier(kind, tier);
  const isOurs = kind === 'bubblewrap';
  if (!isOurs) checkMountNamespace(kind);
  const driver = isOurs
    ? await createBubblewrapDriver(options)
    : await createOciDriver({ ...options, engine: { kind, socketPath: socket ?? sockets[kind] } });
  await proveDriver(driver, { isQuick: isOurs });
  return driver;
}

/** A helper that cannot hold what the operator demands does not start. */
function checkTier(kind: SlowLaneYaml['sandbox']['driver'], tier: SlowLaneYaml['sandbox']['tier']): void {
  if (tier === 'full' && !isRootless()) return;
  if (tier === 'rootless' && isRootless() && kind === 'bubblewrap') return;
  throw new SlowLaneError(
    'sandbox.failed',
    `sandbox.tier: ${tier} cannot be had by this helper with the driver ${kind}`,
    {
      hint: "sandbox: { tier: rootless } goes with driver bubblewrap; full needs a helper with root's rights.",
    },
  );
}

/** An engine binds what it sees itself: the folders and volumes of a helper in a mount namespace of its own are not there for it. */
function checkMountNamespace(kind: EngineKind): void {
  const [own, machine] = [mountNamespace('self'), mountNamespace('1')];
  // Where it may not be read, the attacks at the start tell.
  if (machine === undefined || own === machine) return;
  throw new SlowLaneError(
    'sandbox.failed',
    `sandbox.driver: the ${kind} engine cannot see the folders of a helper that root has started in a mount namespace of its own`,
    { hint: 'Start it by ./slowlane up, or use sandbox: { driver: bubblewrap }.' },
  );
}

function mountNamespace(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}
