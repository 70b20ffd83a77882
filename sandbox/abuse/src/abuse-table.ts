import type { DriverReport } from '@slowlane/contracts';
import { abuseTests } from './abuse-tests.ts';
import { findingsOf } from './attack-driver.ts';
import type { Finding } from './bench.ts';

/** One cell of driver x abuse test. */
export interface AbuseRow {
  id: string;
  title: string;
  starred: boolean;
  attacks: number;
  held: number;
  ok: boolean;
  /** Why the driver's tier does not claim to hold it. */
  notClaimed?: string;
}

/** What a driver's findings say about each test of the suite. A test without findings has not held. */
export function abuseTable(findings: readonly Finding[], notClaimed: DriverReport['notClaimed'] = []): AbuseRow[] {
  return abuseTests.map(({ id, title, starred, least }) => {
    const own = findingsOf(id, findings);
    const held = own.filter((finding) => finding.ok).length;
    const row = { id, title, starred, attacks: own.length, held, ok: held === own.length && held >= least };
    const reason = notClaimed.find((one) => one.test === id)?.reason;
    return reason === undefined ? row : { ...row, ok: true, notClaimed: reason };
  });
}
