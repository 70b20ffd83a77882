import { attackDriver } from '@slowlane/abuse';
import type { DriverReport } from '@slowlane/contracts';
import type { DriverParts } from '@slowlane/driver-kit';

/** Attacks sandboxes of this driver, on this machine, now. Tier full has no exceptions. */
export function probe(...[driver, { paths, caller }]: Parameters<DriverParts['probe']>): Promise<DriverReport> {
  return attackDriver(driver, { tier: 'full', folder: paths.state, hidden: [paths.run], caller });
}
