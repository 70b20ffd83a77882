import { attackDriver } from '@slowlane/abuse';
import type { DriverReport } from '@slowlane/contracts';
import { isRootless } from '@slowlane/driver-kit';
import type { DriverParts } from '@slowlane/driver-kit';
import { notClaimed } from './not-claimed.ts';

/** Attacks sandboxes of this driver, on this machine, now. Tier full has no exceptions; rootless has a list of them. */
export function probe(
  ...[driver, { paths, caller, isQuick }]: Parameters<DriverParts['probe']>
): Promise<DriverReport> {
  const tier = isRootless() ? { tier: 'rootless' as const, exceptions: notClaimed } : { tier: 'full' as const };
  return attackDriver(driver, { ...tier, folder: paths.state, hidden: [paths.run], caller, isQuick });
}
