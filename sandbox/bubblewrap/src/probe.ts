import { failureOf } from '@slowlane/contracts';
import type { DriverReport } from '@slowlane/contracts';
import { openBench } from './abuse/bench.ts';
import type { Bench, Finding } from './abuse/bench.ts';
import { attackOwner } from './abuse/crash.ts';
import { attackFromInside } from './abuse/from-inside.ts';
import { attackLimits } from './abuse/limits.ts';
import { attackOutputs } from './abuse/outputs.ts';
import type { Context } from './context.ts';

/**
 * Attacks sandboxes of this driver, on this machine, now: the starred tests of the abuse suite, by the numbers it has there. Takes seconds. Sends to no
 * address but 127.0.0.1.
 */
export async function probe(context: Context): Promise<DriverReport> {
  const bench = openBench(context);
  const groups = await Promise.all([
    attempt('attacks from inside', attackFromInside, bench),
    attempt('limits', attackLimits, bench),
    attempt('outputs', attackOutputs, bench),
    attempt('owner', attackOwner, bench),
  ]);
  const findings = groups.flat();
  return { ok: findings.every((finding) => finding.ok), tier: 'full', findings };
}

/** An attack that cannot be carried out proves nothing, so it counts against the driver. */
async function attempt(test: string, attack: (bench: Bench) => Promise<Finding[]>, bench: Bench): Promise<Finding[]> {
  try {
    return await attack(bench);
  } catch (error) {
    return [{ test, ok: false, detail: failureOf(error).message }];
  }
}
