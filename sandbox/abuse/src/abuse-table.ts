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
}

/** What a driver's findings say about each test of the suite. A test without findings has not held. */
export function abuseTable(findings: readonly Finding[]): AbuseRow[] {
  return abuseTests.map(({ id, title, starred, least }) => {
    const own = findingsOf(id, findings);
    const held = own.filter((finding) => finding.ok).length;
    return { id, title, starred, attacks: own.length, held, ok: held === own.length && held >= least };
  });
}
