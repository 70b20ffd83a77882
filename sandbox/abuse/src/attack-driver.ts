import { failureOf } from '@slowlane/contracts';
import type { DriverReport } from '@slowlane/contracts';
import { abuseTests } from './abuse-tests.ts';
import { openBench } from './bench.ts';
import type { AttackOptions, Bench, Finding } from './bench.ts';
import { attackNeighbour } from './between.ts';
import { attackOwner } from './crash.ts';
import { attackFromInside } from './from-inside.ts';
import { attackLimits } from './limits.ts';
import { attackOutputs } from './outputs.ts';

/**
 * Attacks sandboxes of a driver, on this machine, now: the whole table in seconds, or (`isQuick`) what is starred in about two. Sends to no address
 * but 127.0.0.1. A test that showed less than it must counts as not held, unless `exceptions` (test id -> why) names it: what it showed does not count, and
 * the report says why.
 */
export async function attackDriver(
  driver: Bench['driver'],
  options: Omit<AttackOptions, 'diesWithOwner' | 'isQuick'> & {
    isQuick?: boolean;
    tier: DriverReport['tier'];
    exceptions?: Readonly<Record<string, string>>;
  },
): Promise<DriverReport> {
  const bench = openBench(driver, {
    ...options,
    isQuick: options.isQuick === true,
    diesWithOwner: options.tier !== 'oci',
  });
  const groups = await Promise.all([
    attempt('attacks from inside', attackFromInside, bench),
    attempt('limits', attackLimits, bench),
    attempt('outputs', attackOutputs, bench),
    bench.isQuick ? [] : attempt('neighbours', attackNeighbour, bench),
    attempt('owner', attackOwner, bench),
  ]);
  const exceptions = options.exceptions ?? {};
  const claimed = groups.flat().filter((one) => !Object.keys(exceptions).some((id) => isOf(id, one)));
  const findings = [...claimed, ...missingIn(claimed, { exceptions, isQuick: bench.isQuick })];
  const notClaimed = Object.entries(exceptions).map(([test, reason]) => ({ test, reason }));
  const report = { ok: findings.every((finding) => finding.ok), tier: options.tier, findings };
  return notClaimed.length === 0 ? report : { ...report, notClaimed };
}

/** The findings of one test of the table. */
export function findingsOf(id: string, findings: readonly Finding[]): Finding[] {
  return findings.filter((one) => isOf(id, one));
}

function isOf(id: string, { test }: Finding): boolean {
  return test === id || test.startsWith(`${id} `);
}

function missingIn(
  findings: readonly Finding[],
  { exceptions, isQuick }: { exceptions: Readonly<Record<string, string>>; isQuick: boolean },
): Finding[] {
  return abuseTests
    .filter(({ starred }) => starred || !isQuick)
    .filter(({ id, least }) => exceptions[id] === undefined && findingsOf(id, findings).length < least)
    .map(({ id, title, least }) => ({
      test: `${id} ${title}`,
      ok: false,
      detail: `only ${findingsOf(id, findings).length} of ${least} attacks were carried out`,
    }));
}

/** An attack that cannot be carried out proves nothing, so it counts against the driver. */
async function attempt(test: string, attack: (bench: Bench) => Promise<Finding[]>, bench: Bench): Promise<Finding[]> {
  try {
    return await attack(bench);
  } catch (error) {
    return [{ test, ok: false, detail: failureOf(error).message }];
  }
}
